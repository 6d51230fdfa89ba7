"""Shape of what is typed about rights; `rights.py` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from clinic.dates import FIRST, LAST
from clinic.models import CorrectionRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST = 2000


def _words(label: StrOrPromise, help_text: StrOrPromise = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CorrectionForm(forms.Form):
    about = forms.ChoiceField(label=_("What is it about?"), choices=CorrectionRequest.About.choices)
    text = _words(_("What is wrong, and how should it read?"))


class AnswerForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[
            (value, label)
            for value, label in CorrectionRequest.Status.choices
            if value != CorrectionRequest.Status.OPEN
        ],
    )
    answer = _words(_("Answer"), _("The client reads this in the account."))


class DisclosureForm(forms.Form):
    disclosed_on = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[
            MinValueValidator(FIRST, _("Check the year of this date.")),
            MaxValueValidator(LAST, _("Check the year of this date.")),
        ],
    )
    recipient = forms.CharField(label=_("To whom, with an address if known"), max_length=200)
    what = _words(_("What was given"))
    why = _words(_("Why"))
