"""Forms of the desk: a time that is not offered, and a cancellation with its reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.models import CancelCause
from booking.times import availability
from booking.times.availability import moment
from booking.times.forms import FAR
from clinic import selectors as clinic_selectors
from clinic.web.numbers import number_or_none

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from booking.errors import Breach, FeeNotAgreed
    from clinic.models import Room, Therapist

CLOCK = ["%H:%M", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]


class OtherTimeForm(forms.Form):
    """Any time at all. The reason is asked for once we know which rules the time breaks."""

    prefix = "other"

    date = forms.DateField(
        label=_("Date"),
        input_formats=["%Y-%m-%d", "%m/%d/%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    time = forms.TimeField(
        label=_("Time"),
        input_formats=CLOCK,
        widget=forms.TimeInput(format="%H:%M", attrs={"type": "time"}),
        error_messages={"invalid": _("Enter the time as 2:30 pm or 14:30.")},
    )
    which = forms.ChoiceField(
        label=_("The clocks go back that night, so this time happens twice. Which one?"),
        choices=[("", ""), ("0", _("The first")), ("1", _("The second"))],
        required=False,
    )
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        label=_("Therapist"), queryset=None, required=False, empty_label=_("Anyone available")
    )
    room: forms.ModelChoiceField[Room] = forms.ModelChoiceField(
        label=_("Room"), queryset=None, required=False, empty_label=_("Any free room")
    )
    reason = forms.CharField(
        label=_("Why make an exception?"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    breaks = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        location = clinic_selectors.location()
        self.zone: ZoneInfo = location.zone
        self.is_repeated = False
        rooms = location.rooms.filter(is_active=True)
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]
        self.fields["room"].queryset = rooms  # type: ignore[attr-defined]

    @classmethod
    def at(cls, start: datetime, therapist: Therapist | None) -> OtherTimeForm:
        """The form with a time that was clicked or dragged to."""
        return cls(cls.typed(start, therapist))

    @classmethod
    def typed(cls, start: datetime, therapist: Therapist | None) -> dict[str, str]:
        local = start.astimezone(clinic_selectors.location().zone)
        values = {
            "date": local.date().isoformat(),
            "time": local.strftime("%H:%M"),
            "which": str(local.fold) if _comes_twice(local) else "",
            "therapist": str(therapist.pk) if therapist else "",
        }
        return {f"{cls.prefix}-{name}": value for name, value in values.items()}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day, at = data.get("date"), data.get("time")
        if day is None or at is None:
            return data
        if abs(datetime.combine(day, at, UTC) - timezone.now()) > FAR:
            self.add_error("date", _("That is too far away. Check the year."))
            return data
        moments = availability.instants(day, at, self.zone)
        if not moments:
            self.add_error(
                "time", _("The clocks skip that time on that date. Choose an earlier or later one.")
            )
            return data
        self.is_repeated = len(moments) > 1
        if self.is_repeated and not data.get("which"):
            self.add_error("which", _("Choose which of the two you mean."))
            return data
        data["start"] = moment(moments[int(data.get("which") or 0) if self.is_repeated else 0])
        return data

    @property
    def shown(self) -> list[str]:
        """The codes of the rules shown when the reason was given."""
        return [code for code in self.cleaned_data["breaks"].split(",") if code]

    def asking(self, breaches: Sequence[Breach]) -> OtherTimeForm:
        """The same form again, with what the time breaks."""
        again = dict(self.data.items())
        again[self.add_prefix("breaks")] = ",".join(breach.code for breach in breaches)
        form = type(self)(again)
        form.is_valid()
        form.fields["reason"].required = bool(breaches)  # and is marked so
        if breaches and self.shown:
            if not self.cleaned_data["reason"]:
                form.add_error("reason", _("Say why, in a few words."))
            elif set(self.shown) != {breach.code for breach in breaches}:
                form.add_error(None, _("Its conflicts have changed. Please look again."))
        return form


class CauseForm(forms.Form):
    """Who caused a cancellation; the fee depends on it."""

    cause = forms.ChoiceField(
        label=_("Why?"),
        choices=CancelCause.choices,
        initial=CancelCause.CLIENT,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why it is being canceled.")},
    )
    reason = forms.CharField(
        label=_("Note (optional)"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    waive = forms.BooleanField(label=_("Waive the fee due if the client asked"), required=False)
    waived_because = forms.CharField(
        label=_("Why waive it?"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, fee_cents: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not fee_cents:
            del self.fields["waive"], self.fields["waived_because"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        # For any other cause nothing is due, and the page hides the questions about it.
        waives = data.pop("waive", False) and data.get("cause") == CancelCause.CLIENT
        if not waives:
            data["waived_because"] = ""
        elif not data.get("waived_because"):
            self.add_error("waived_because", _("Say why you are waiving the fee."))
        return data


class DeskCancelForm(CauseForm):
    """The same with the fee the page shows: the client owes that one, or none."""

    fee = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, fee_cents: int, **kwargs: Any) -> None:
        super().__init__(*args, fee_cents=fee_cents, **kwargs)
        self.fields["fee"].initial = fee_cents

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        data["agreed_cents"] = number_or_none(data.pop("fee", "")) or 0
        return data

    def asking(self, refusal: FeeNotAgreed) -> DeskCancelForm:
        """The same form again, with the current fee."""
        again = dict(self.data.items())
        again[self.add_prefix("fee")] = str(refusal.cents)
        form = type(self)(again, fee_cents=refusal.cents)
        form.add_error(None, str(refusal.message))
        return form


def _comes_twice(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
