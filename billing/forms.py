from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import PLAN_CARDS, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.models import Drawer

    Choice = tuple[str, str]

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


class MethodField(forms.ChoiceField):
    """What was paid with: nothing is answered for anybody, so nothing is chosen to begin with."""

    widget = forms.RadioSelect
    default_error_messages = {
        "required": _("Choose what it was paid with."),
        "invalid_choice": _("Choose what it was paid with."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"choices": Method.choices, **kwargs})


class ReferenceField(forms.CharField):
    """A full card number must never be stored."""

    def __init__(self, **kwargs: Any) -> None:
        given = {"label": _("Last four digits or check number"), "max_length": 20}
        super().__init__(**{**given, "required": False, **kwargs})
        self.widget.attrs["autocomplete"] = "off"

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if sum(character.isdigit() for character in text) > 10:
            raise forms.ValidationError(_("Enter only the last four digits of the card."))
        return text


class CashForm(forms.Form):
    """A form that cash may come in or go out with: it asks for the drawer, if there are several."""

    drawer = forms.TypedChoiceField(
        label=_("If it is cash: which drawer?"),
        required=False,
        empty_value=None,
        error_messages={"invalid_choice": _("That drawer is not in use. Choose another one.")},
    )

    def __init__(self, *args: Any, drawers: Sequence[Drawer] = (), **kwargs: Any) -> None:
        """`drawers`: those in use here, the likeliest first."""
        super().__init__(*args, **kwargs)
        if len(drawers) < 2:
            del self.fields["drawer"]
            return
        by_key = {str(one.pk): one for one in drawers}
        field = self.fields["drawer"]
        field.choices = [(key, one.name) for key, one in by_key.items()]  # type: ignore[attr-defined]
        field.coerce = by_key.__getitem__  # type: ignore[attr-defined]


class PaymentForm(CashForm):
    method = MethodField(label=_("Paid with"))
    dues = forms.MultipleChoiceField(
        label=_("For"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose what is paid.")},
    )
    amount = CentsField(label=_("Amount"))
    reference = ReferenceField()
    # Two clicks, or Back and again: one payment.
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, balance_cents: int = 0, dues: Sequence[Choice] = (), **kwargs: Any
    ) -> None:
        """`dues`: all that the client owes, this one thing first."""
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4
        if len(dues) > 1:
            self.fields["dues"].choices = dues  # type: ignore[attr-defined]
            self.fields["dues"].initial = [dues[0][0]]
            self.fields["amount"].required = False
            self.fields["amount"].help_text = _("Leave it empty to take all that is ticked.")
        else:
            del self.fields["dues"]
            self.fields["amount"].initial = balance_cents


class FeeForm(CashForm):
    """The whole fee, by any method except a health plan card."""

    method = MethodField(
        label=_("Paid with"),
        choices=[(one.value, one.label) for one in Method if one not in PLAN_CARDS],
    )
    reference = ReferenceField()
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4


class WaiveForm(forms.Form):
    reason = forms.CharField(
        label=_("Why waive it?"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Give the reason in a few words.")},
    )


class VoidForm(forms.Form):
    reason = forms.CharField(label=_("Why void it?"), max_length=120)
    reissue = forms.BooleanField(
        label=_("Issue a corrected one in its place"), required=False, initial=True
    )
