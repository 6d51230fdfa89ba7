"""Form input about calls; `services.py` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Message

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

Outcome = Message.Outcome
DONE: dict[str, StrOrPromise] = {
    Outcome.REACHED: _("Done: you reached them."),
    Outcome.LEFT_WORD: _("Done: you left word."),
    Outcome.NO_ANSWER: _("No answer: the call stays on the list."),
    Outcome.NOT_NEEDED: _("Taken off the list: no call needed."),
}


class CalledForm(forms.Form):
    """One button for each outcome; how many tries the page showed."""

    outcome = forms.ChoiceField(choices=Outcome.choices)
    tries = forms.IntegerField(min_value=0, max_value=32767)

    @property
    def done(self) -> StrOrPromise:
        return DONE[self.cleaned_data["outcome"]]
