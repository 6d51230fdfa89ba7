from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.forms import CashForm, CentsField, MethodField, ReferenceField
from billing.models import PLAN_CARDS, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from billing.models import Payment

WHY = 200  # characters


def _why(label: Any, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label,
        max_length=WHY,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say why in a few words.")},
        **more,
    )


class CorrectionForm(forms.Form):
    """What every correction has: it takes effect once, and the receipt can be issued again."""

    form_token = forms.UUIDField(widget=forms.HiddenInput)
    reissue = forms.BooleanField(label=_("Issue the receipt again"), required=False, initial=True)

    def __init__(self, *args: Any, receipt: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4
        if receipt:
            words = _("Void receipt %(number)s and issue it again") % {"number": receipt}
            self.fields["reissue"].label = words
        else:
            del self.fields["reissue"]


class MethodForm(CashForm, CorrectionForm):
    """What it was really paid with; what it says already is not among the choices."""

    method = MethodField(label=_("It was really paid with"))
    reference = ReferenceField()
    reason = _why(_("What happened?"), required=False)

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        closed = {payment.method}
        if payment.appointment_id is not None:
            closed |= set(PLAN_CARDS)
        self.fields["method"].widget.choices = [
            (one.value, one.label) for one in Method if one not in closed
        ]


class ReferenceForm(CorrectionForm):
    """The number of the card or check alone; the method was right."""

    reference = ReferenceField(
        label=_("The right number"),
        required=True,
        help_text=_("The last four digits of the card, or the number of the check."),
        error_messages={"required": _("Enter the right number.")},
    )
    reason = _why(_("What happened?"), required=False)


class VoidPaymentForm(CorrectionForm):
    reason = _why(_("Why void it?"))


class RefundForm(CashForm, CorrectionForm):
    amount = CentsField(label=_("Amount to give back"))
    method = MethodField(
        label=_("Given back by"), error_messages={"required": _("Choose how it is given back.")}
    )
    reference = ReferenceField()
    owed_again = forms.TypedChoiceField(
        label=_("Does the client still owe it?"),
        choices=[
            ("no", _("No, the visit costs that much less")),
            ("yes", _("Yes, they pay another way")),
        ],
        widget=forms.RadioSelect,
        coerce=lambda text: text == "yes",
        empty_value=None,
        required=False,
    )
    reason = _why(_("Why is it given back?"))

    def __init__(self, *args: Any, payment: Payment, ask: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["amount"].initial = payment.kept_cents
        allowed = [payment.method] if payment.is_from_a_plan else self._others(payment)
        self.fields["method"].widget.choices = [(one, Method(one).label) for one in allowed]
        if not ask:
            del self.fields["owed_again"]

    @staticmethod
    def _others(payment: Payment) -> list[str]:
        """The way it came first."""
        return [
            payment.method,
            *(one for one in Method if one not in {payment.method, *PLAN_CARDS}),
        ]


class MoveForm(CorrectionForm):
    to = forms.ChoiceField(
        label=_("What was it for?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what the payment was for.")},
    )
    reason = _why(_("What happened?"))

    def __init__(self, *args: Any, goals: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].choices = goals  # type: ignore[attr-defined]
