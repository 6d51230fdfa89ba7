"""Shape of input only: days, and the query of slots.json."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.times import timetable
from clinic.dates import FIRST, LAST
from clinic.models import Location, ServiceOption, Therapist

if TYPE_CHECKING:
    from datetime import date


LONGEST_RANGE = 62  # days, both ends counted
FAR = timedelta(days=2 * 366)  # no diary reaches further


class DayField(forms.DateField):
    """A day, as a date picker sends it or in the US format."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        formats = ["%Y-%m-%d", "%m/%d/%Y"]
        super().__init__(**{"input_formats": formats, "widget": widget, **kwargs})

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not FIRST <= value <= LAST:  # the range that date arithmetic can handle
            raise forms.ValidationError(_("Check the date."), code="invalid")


class Question(TypedDict):
    """What slots.json is asked for, as `search.free_times` calls it."""

    option: ServiceOption
    start: date
    end: date
    therapist: Therapist | None
    location: Location | None


class SlotsForm(forms.Form):
    """The query of slots.json; `from` is a Python word, so it is added by name."""

    option: forms.ModelChoiceField[ServiceOption] = forms.ModelChoiceField(
        queryset=None, error_messages={"invalid_choice": _("That option does not exist.")}
    )
    to = forms.DateField(input_formats=["%Y-%m-%d"])
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        error_messages={"invalid_choice": _("That therapist does not exist.")},
    )
    location = forms.ModelChoiceField(
        queryset=Location.objects.all(),
        required=False,
        error_messages={"invalid_choice": _("That location does not exist.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(input_formats=["%Y-%m-%d"])
        self.fields["option"].queryset = timetable.bookable_options()  # type: ignore[attr-defined]
        self.fields["therapist"].queryset = timetable.therapists()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("from"), data.get("to")
        if start and end:
            if end < start:
                self.add_error("to", _("The range ends before it begins."))
            elif end - start >= timedelta(days=LONGEST_RANGE):
                text = _("Ask for at most %(days)s days at once.") % {"days": LONGEST_RANGE}
                self.add_error("to", text)
            # Middleware made the clinic's zone the current one; a request may name another.
            here = data.get("location")
            today = timezone.localdate(timezone=here.zone if here else None)
            if end < today:
                self.add_error("to", _("That is in the past."))
            elif end > today + FAR:
                self.add_error("to", _("That is too far ahead."))
        return data

    @property
    def question(self) -> Question:
        data = self.cleaned_data
        return Question(
            option=data["option"],
            start=data["from"],
            end=data["to"],
            therapist=data["therapist"],
            location=data["location"],
        )
