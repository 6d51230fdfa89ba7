from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatment.confirming.services import Said


class WordForm(forms.Form):
    """One touch; with a name or a drawing where a payer asks for a signature."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    name = forms.CharField(
        label=_("Your full name"),
        max_length=160,
        required=False,
        widget=forms.TextInput({"class": "form-control", "autocomplete": "off"}),
    )
    drawing = forms.CharField(required=False, widget=forms.HiddenInput({"data-drawing": ""}))

    def __init__(self, *args: Any, seen: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["seen"].initial = seen
        # What the page shows again after a refusal is what stands now.
        self.now = seen

    def said(self) -> Said:
        data = self.cleaned_data
        return Said(data["seen"], data["name"], data["drawing"])
