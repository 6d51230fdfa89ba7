from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatment.letters import content
from treatment.models import LetterSending

if TYPE_CHECKING:
    from collections.abc import Mapping

TOO_LONG = _("Write at most %(limit_value)d characters; this is %(show_value)d.")


class LetterForm(forms.Form):
    """The words of a draft; `seen` is the mark of the record that the page showed."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, said: Mapping[str, str], mark: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mark = mark
        for part in content.PARTS:
            self.fields[part.name] = _made(part, said.get(part.name, ""))

    def words(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in content.NAMES}

    def show_record(self) -> None:
        """The page shows the record as it is now."""
        if self.is_bound:
            self.data = {**self.data, **self.cleaned_data, "seen": self.mark}


def _made(part: content.Part, value: str) -> forms.Field:
    if part == content.REQUEST:
        return forms.ChoiceField(
            label=part.label,
            required=False,
            choices=content.CHOICES,
            initial=value,
            widget=forms.RadioSelect,
        )
    return forms.CharField(
        label=part.label,
        required=False,
        max_length=content.LONGEST,
        initial=value,
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "sentences"}),
        error_messages={"max_length": TOO_LONG},
    )


class SendForm(forms.Form):
    """One button; no field is typed."""

    way = forms.ChoiceField(choices=LetterSending.Way.choices)
    form_token = forms.UUIDField(initial=uuid4)


class WithdrawForm(forms.Form):
    reason = forms.CharField(
        label=_("What is wrong with it?"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write what is wrong with the letter.")},
    )
