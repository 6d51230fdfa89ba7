from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import Payment

DOLLARS = re.compile(r"^\$?\s*(\d{1,5}(?:,\d{3})*)(?:\.(\d{1,2}))?$", re.ASCII)


class CentsField(forms.CharField):
    """Dollars as they are written ("100", "$1,000.50"), as integer cents. Never a float."""

    default_error_messages = {"invalid": _("Enter an amount such as 100.00.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.widget.attrs |= {"inputmode": "decimal", "autocomplete": "off", "class": "num"}

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        match = DOLLARS.match(text)
        if match is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        dollars, cents = match[1].replace(",", ""), (match[2] or "0").ljust(2, "0")
        return int(dollars) * 100 + int(cents)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02d}" if isinstance(value, int) else value


class PaymentForm(forms.Form):
    method = forms.ChoiceField(label=_("Paid with"), choices=Payment.Method.choices)
    amount = CentsField(label=_("Amount"))
    reference = forms.CharField(
        label=_("Last four digits or check number"), max_length=20, required=False
    )
    # Two clicks, or Back and again: one payment.
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, balance_cents: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = balance_cents
        self.fields["form_token"].initial = uuid4

    def clean_reference(self) -> str:
        """A whole card number must never be kept."""
        text: str = self.cleaned_data["reference"]
        if sum(character.isdigit() for character in text) > 10:
            raise forms.ValidationError(_("Only the last four digits of a card, please."))
        return text


class FeeForm(PaymentForm):
    """The whole fee, with anything but the card of a health plan."""

    method = forms.ChoiceField(
        label=_("Paid with"),
        choices=[
            (method, method.label) for method in Payment.Method if method not in Payment.PLAN_CARDS
        ],
    )
    amount = None  # type: ignore[assignment]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super(PaymentForm, self).__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4


class WaiveForm(forms.Form):
    reason = forms.CharField(
        label=_("Why is it waived?"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why, in a few words.")},
    )


class VoidForm(forms.Form):
    reason = forms.CharField(label=_("Why is it void?"), max_length=120)
    reissue = forms.BooleanField(
        label=_("Issue a corrected receipt in its place"), required=False, initial=True
    )


class VerifyForm(forms.Form):
    number = forms.CharField(label=_("Receipt number"), max_length=12)
    code = forms.CharField(label=_("Verification code"), max_length=20)

    def clean_code(self) -> str:
        text = "".join(c for c in self.cleaned_data["code"].upper() if c.isalnum())
        return "-".join(text[place : place + 4] for place in range(0, len(text), 4))
