"""The shape of what is typed about a coupon."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.coupons.rules import LONGEST, spelled
from billing.errors import CouponCodeTaken
from billing.forms import CentsField
from billing.models import Coupon
from clinic.format import money
from clinic.models import ServiceOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    ModelForm = forms.ModelForm[Coupon]
else:
    ModelForm = forms.ModelForm

MOST_CENTS, MOST_USES = 100_000, 1_000_000


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class CouponForm(ModelForm):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        help_text=_("Letters and digits, such as NEW10. Capitals and dashes do not matter."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={
            "required": _("Give it a code that clients can type."),
            "unique": CouponCodeTaken.message,
        },
    )
    off_cents = CentsField(
        label=_("Takes off, $"),
        error_messages={"required": _("Enter what it takes off, such as 10.00.")},
    )
    max_uses = forms.IntegerField(
        label=_("How often in all"),
        required=False,
        min_value=1,
        max_value=MOST_USES,
        help_text=_("Blank: as often as clients come. Each client uses it once."),
        error_messages={
            "invalid": _("Enter a whole number, or leave it blank."),
            "min_value": _("Enter 1 or more, or leave it blank."),
            "max_value": _("Enter no more than %(limit_value)s, or leave it blank."),
        },
    )

    class Meta:
        model = Coupon
        fields = (
            *("code", "label", "off_cents", "options", "first_visit_only"),
            *("valid_from", "valid_through", "max_uses", "is_active"),
        )
        widgets = {
            "options": forms.CheckboxSelectMultiple,
            "valid_from": DateInput,
            "valid_through": DateInput,
        }
        labels = {
            "label": _("What clients read"),
            "options": _("For these sessions"),
            "valid_from": _("Good from"),
            "valid_through": _("Good through"),
        }
        help_texts = {
            "label": _("Such as “$10 off your first 60-minute visit”."),
            "options": _("None ticked: for every session that costs something."),
            "valid_from": _("The days on which it may be used, whenever the visit is."),
            "valid_through": _("Blank: no last day."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sessions = ServiceOption.objects.filter(price_cents__gt=0).select_related("service")
        field = self.fields["options"]
        field.queryset = sessions.order_by("service__position", "minutes")  # type: ignore[attr-defined]
        field.label_from_instance = _session  # type: ignore[attr-defined]

    def clean_code(self) -> str:
        code = spelled(self.cleaned_data["code"])
        if not 3 <= len(code) <= LONGEST or not code.isascii():
            raise forms.ValidationError(_("Three to 20 letters and digits, such as NEW10."))
        return code

    def clean_off_cents(self) -> int:
        cents: int = self.cleaned_data["off_cents"]
        if not 0 < cents <= MOST_CENTS:
            text = _("Enter more than zero and no more than %(most)s.")
            raise forms.ValidationError(text, params={"most": money(MOST_CENTS)})
        return cents

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begins, ends = data.get("valid_from"), data.get("valid_through")
        if begins and ends and ends < begins:
            self.add_error("valid_through", _("The last day is before the first one."))
        return data


def _session(option: ServiceOption) -> str:
    return f"{option}, {money(option.price_cents)}"


class GiveForm(forms.Form):
    """At check-out: one of the coupons in use."""

    coupon = forms.ChoiceField(
        label=_("Coupon"),
        error_messages={
            "required": _("Choose the coupon."),
            "invalid_choice": _("That coupon is not in use. Choose another one."),
        },
    )

    def __init__(self, *args: Any, coupons: Iterable[Coupon], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        given = [(one.code, f"{one.code}: {one.label}") for one in coupons]
        self.fields["coupon"].choices = [("", _("Choose one")), *given]  # type: ignore[attr-defined]
