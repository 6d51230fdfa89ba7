"""What a series should be like: how many, how often, when. Read from the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.series.ask import RATES, PlanFor, rates
from booking.series.planning import Part
from booking.series.services import MOST
from clinic.dates import FIRST, LAST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import ServiceOption, Therapist
    from prescriptions.models import Prescription

WEEKDAYS = [
    ("0", _("Mon")),
    ("1", _("Tue")),
    ("2", _("Wed")),
    ("3", _("Thu")),
    ("4", _("Fri")),
    ("5", _("Sat")),
    ("6", _("Sun")),
]
PARTS = [
    (Part.ANY.value, _("Any time of day")),
    (Part.MORNING.value, _("Morning")),
    (Part.AFTERNOON.value, _("Afternoon")),
    (Part.EVENING.value, _("Evening")),
]
SAME, ANYONE = "", "any"


class SeriesForm(forms.Form):
    option: forms.ModelChoiceField[ServiceOption] = forms.ModelChoiceField(
        queryset=None,
        label=_("Session"),
        empty_label=None,
        error_messages={
            "required": _("Choose one of the sessions."),
            "invalid_choice": _("Choose one of the sessions."),
        },
    )
    prescription: forms.ModelChoiceField[Prescription] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        widget=forms.HiddenInput,
        error_messages={
            "invalid_choice": _(
                "No more visits can be booked on this prescription. Choose a self-pay session,"
                " or send us a new prescription."
            )
        },
    )
    count = forms.IntegerField(
        label=_("How many visits"),
        min_value=1,
        max_value=MOST,
        error_messages={
            "required": _("Enter how many visits."),
            "invalid": _("Enter how many visits, as a number."),
            "min_value": _("At least one visit."),
            "max_value": _("At most %(limit_value)s visits at once. Book the rest later."),
        },
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )
    rate = forms.ChoiceField(label=_("How often"), choices=RATES)
    days = forms.MultipleChoiceField(
        label=_("Best days"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    part = forms.ChoiceField(label=_("Time of day"), choices=PARTS, required=False)
    at = forms.TimeField(
        label=_("Or close to"),
        required=False,
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
    )
    therapist = forms.ChoiceField(label=_("Therapist"), required=False)
    first = forms.DateField(
        label=_("Starting from"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, data: Mapping[str, Any], *, ask: PlanFor) -> None:
        super().__init__(data)
        fields: Any = self.fields
        fields["option"].queryset = ask.options()
        fields["option"].label_from_instance = _option_label
        fields["prescription"].queryset = ask.usable()
        fields["therapist"].choices = [
            (SAME, _("The same each time")),
            (ANYONE, _("Anyone")),
            *[(str(person.pk), person.title) for person in ask.therapists],
        ]
        fields["rate"].choices = rates(ask.prescribed_rate(self.data))

    @classmethod
    def of(cls, ask: PlanFor, data: Mapping[str, Any]) -> SeriesForm:
        """The form from the URL; what it leaves out is as prescribed."""
        if "count" in data:
            return cls(data, ask=ask)
        named = {name: data[name] for name in ("option",) if data.get(name)}
        return cls({**ask.initial(data), **named}, ask=ask)

    def clean_first(self) -> Any:
        day = self.cleaned_data["first"]
        if day and not FIRST <= day <= LAST:
            raise forms.ValidationError(_("Choose a day that is open for booking."), code="far")
        return day

    @property
    def chosen_therapist(self) -> Therapist | None:
        picked = self.cleaned_data["therapist"]
        if picked in {SAME, ANYONE}:
            return None
        return selectors.therapists().filter(pk=picked).first()


def _option_label(option: ServiceOption) -> str:
    return f"{option.service.name}, {option.minutes} min"
