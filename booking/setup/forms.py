"""Shape of input only: time off, closed dates, rooms, people, prices, rules."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.models import BookingPolicy, ClosedDate, TimeOff
from booking.setup import absence, wording
from booking.setup.errors import NoSuchTime
from booking.setup.fields import ClockField, DollarsField, HoursField, NpiField
from booking.times.forms import DayField
from clinic import access
from clinic.models import (
    Payer,
    Room,
    Service,
    ServiceOption,
    Technique,
    Therapist,
    Training,
)

if TYPE_CHECKING:
    from django.db.models import Model

    from booking.setup.holidays import Holiday
    from clinic.models import Location

    ModelForm = forms.ModelForm[Any]
else:
    ModelForm = forms.ModelForm

EVERYBODY = "all"
LEAST = _("Enter %(limit_value)s or more.")
MOST = _("Enter %(limit_value)s or less.")
ONE = timedelta(days=1)


class TimeOffForm(forms.Form):
    who = forms.ChoiceField(label=_("Who is off?"))
    first = DayField(label=_("First day"))
    last = DayField(
        label=_("Last day"), required=False, help_text=_("Leave empty if it is one day.")
    )
    starts = ClockField(
        label=_("From"), required=False, help_text=_("Leave both times empty for whole days.")
    )
    ends = ClockField(label=_("Until"), required=False)
    reason = forms.CharField(
        label=_("Note (optional)"),
        max_length=80,
        required=False,
        help_text=_("Coworkers see it; clients do not."),
    )

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.location = location
        people = [(str(t.pk), t.name) for t in Therapist.objects.all()]
        everybody = (EVERYBODY, _("Everyone at %(place)s") % {"place": location.name})
        self.fields["who"].choices = [*people, everybody]  # type: ignore[attr-defined]

    @staticmethod
    def initial_of(off: TimeOff) -> dict[str, Any]:
        zone = off.location.zone
        starts, ends = off.starts_at.astimezone(zone), off.ends_at.astimezone(zone)
        days = absence.days_of(off)
        first, last = days or (starts.date(), ends.date())
        return {
            "who": str(off.therapist_id or EVERYBODY),
            "first": first,
            "last": last if last != first else None,
            "reason": off.reason,
            **({} if days else {"starts": starts.time(), "ends": ends.time()}),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first: date | None = data.get("first")
        last: date | None = data.get("last") or first
        starts, ends = data.get("starts"), data.get("ends")
        if "starts" not in self.cleaned_data or "ends" not in self.cleaned_data:
            return data
        if first is None or last is None or "last" not in self.cleaned_data:
            return data
        if max(first, last) < timezone.localdate():
            self.add_error("last" if data.get("last") else "first", _("That date is past."))
        elif not (timezone.localdate() - 366 * ONE <= first and last <= _far()):
            self.add_error("first", _("Choose dates within the next five years."))
        elif last < first:
            self.add_error("last", _("The last day is before the first."))
        elif (starts is None) != (ends is None):
            missing = "starts" if starts is None else "ends"
            self.add_error(missing, _("Enter both times, or neither for whole days."))
        else:
            self._span(data, first, last, starts, ends)
        return data

    def _span(
        self, data: dict[str, Any], first: date, last: date, starts: time | None, ends: time | None
    ) -> None:
        zone = self.location.zone
        if starts is None or ends is None:
            data["span"] = absence.whole_days(first, last, zone)
            return
        try:
            data["span"] = absence.part_day(first, starts, last, ends, zone)
        except NoSuchTime as refusal:
            self.add_error("starts", str(refusal))
            return
        if data["span"][1] <= data["span"][0]:
            self.add_error("ends", _("Time off must end after it starts."))

    def values(self) -> dict[str, Any]:
        """As the change calls them."""
        who, (starts_at, ends_at) = self.cleaned_data["who"], self.cleaned_data["span"]
        return {
            "therapist": None if who == EVERYBODY else Therapist.objects.get(pk=who),
            "starts_at": starts_at,
            "ends_at": ends_at,
            "reason": self.cleaned_data["reason"],
        }


class ClosedDateForm(forms.Form):
    day = DayField(label=_("Date"))
    name = forms.CharField(
        label=_("What it is"),
        max_length=80,
        required=False,
        help_text=_("For example: Thanksgiving, inventory."),
    )

    def __init__(self, *args: Any, location: Location, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.location = location

    def clean_day(self) -> date:
        day: date = self.cleaned_data["day"]
        if day > _far():
            raise forms.ValidationError(_("Choose a date within the next five years."))
        if ClosedDate.objects.filter(location=self.location, day=day).exists():
            raise forms.ValidationError(_("The clinic is already closed on that date."))
        return day

    @property
    def days(self) -> dict[date, str]:
        return {self.cleaned_data["day"]: self.cleaned_data["name"]}


class HolidaysForm(forms.Form):
    """The federal holidays of a year that are still to come and not closed yet."""

    dates = forms.MultipleChoiceField(
        label=_("Close the clinic on"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one date.")},
    )

    def __init__(self, *args: Any, holidays: list[Holiday], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.names = {one.day: one.name for one in holidays}
        self.fields["dates"].choices = [  # type: ignore[attr-defined]
            (day.isoformat(), f"{day:%a, %b} {day.day}: {name}") for day, name in self.names.items()
        ]

    @property
    def days(self) -> dict[date, str]:
        chosen = [date.fromisoformat(text) for text in self.cleaned_data["dates"]]
        return {day: self.names[day] for day in chosen}


class RecordForm(ModelForm):
    """Values for `SaveRecord`; nothing is written here."""

    EMPTY: ClassVar[dict[str, Any]] = {}  # what an empty field means
    NOTES: ClassVar[dict[str, Any]] = {}  # what follows when a field changes

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages |= {"min_value": LEAST, "max_value": MOST}

    def differences(self) -> list[str]:
        """Each field that changes, with its old and new value; nothing for a new row."""
        if self.instance._state.adding or not self.is_bound or not self.is_valid():
            return []
        empty = {name: str(text) for name, text in self.EMPTY.items()}
        notes = {name: str(text) for name, text in self.NOTES.items()}
        return wording.differences(self, empty=empty, notes=notes)

    def values(self) -> dict[str, Any]:
        many = self.many()
        return {name: self.cleaned_data[name] for name in self.names() if name not in many}

    def many(self) -> dict[str, list[Model]]:
        known = {field.name for field in self._meta.model._meta.many_to_many}
        return {name: list(self.cleaned_data[name]) for name in self.names() if name in known}

    def names(self) -> list[str]:
        return list(self._meta.fields or ())


class RoomForm(RecordForm):
    EMPTY: ClassVar[dict[str, Any]] = {"services": _("every service")}
    capacity = forms.TypedChoiceField(
        label=_("Tables"),
        coerce=int,
        choices=[(1, _("One")), (2, _("Two: couples can be treated together"))],
    )

    class Meta:
        model = Room
        fields = ["name", "capacity", "services", "is_active"]
        widgets = {"services": forms.CheckboxSelectMultiple}


class TherapistForm(RecordForm):
    npi = NpiField(label=_("NPI (individual)"))

    class Meta:
        model = Therapist
        fields = [
            *("name", "credential", "license_number", "license_state", "npi", "is_active"),
            *("trainings", "techniques", "position", "user"),
        ]
        labels = {"user": _("Login"), "position": _("Order in lists")}
        help_texts = {
            "user": _("They sign in with this to see their own day."),
            "position": _("The lowest number comes first."),
        }
        widgets = {
            "trainings": forms.CheckboxSelectMultiple,
            "techniques": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not Training.objects.exists():
            self.fields["trainings"].help_text = _("None set up yet; see the list of therapists.")
        logins = access.therapist_logins().filter(is_active=True)
        free = logins.filter(therapist=None) | logins.filter(therapist=self.instance.pk)
        self.fields["user"].queryset = free.order_by("email")  # type: ignore[attr-defined]
        self.fields["user"].label_from_instance = lambda user: user.email  # type: ignore[attr-defined]

    def clean_license_state(self) -> str:
        return str(self.cleaned_data["license_state"]).upper()


class TrainingForm(RecordForm):
    class Meta:
        model = Training
        fields = ["name", "position"]
        labels = {"position": _("Order in lists")}


class PayerForm(ModelForm):
    class Meta:
        model = Payer
        fields = [
            *("name", "kind", "unit_rule", "required_modifiers", "week_rule"),
            *("letter_after_visits", "letter_after_days", "client_signs_visits", "is_active"),
        ]
        widgets = {"unit_rule": forms.RadioSelect, "week_rule": forms.RadioSelect}
        labels = {
            "kind": _("How they pay"),
            "unit_rule": _("How minutes become units"),
            "required_modifiers": _("Modifiers they require"),
            "week_rule": _("What a week is, in “2 per week”"),
            "letter_after_visits": _("Letter to the physician after this many visits"),
            "letter_after_days": _("Letter to the physician after this many days"),
        }
        help_texts = {
            "required_modifiers": _("Separated by blanks, such as GP 59. Leave empty for none."),
            "letter_after_visits": _("Leave empty to do as the clinic does; 0 for never."),
            "letter_after_days": _("Whichever comes first. Leave empty to do as the clinic does."),
            "is_active": _("Clients who have it keep it; it is no longer offered for others."),
        }


class TechniqueForm(ModelForm):
    class Meta:
        model = Technique
        fields = ["name", "position", "is_active"]
        labels = {"position": _("Order in lists")}
        help_texts = {
            "position": _("The lowest number comes first."),
            "is_active": _("Minutes recorded under it stay; new ones can no longer be."),
        }


class ServiceForm(RecordForm):
    class Meta:
        model = Service
        fields = ["name", "kind", "summary", "training", "position", "is_active"]
        labels = {"position": _("Order in lists")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["training"].empty_label = _("None")  # type: ignore[attr-defined]
        if not self.instance._state.adding:  # visits were booked, and covered, as this kind
            self.fields["kind"].disabled = True


class OptionForm(RecordForm):
    NOTES: ClassVar[dict[str, Any]] = {
        "price_cents": _("Booked visits keep %(old)s."),
        "minutes": _("Booked visits keep their length."),
    }

    price_cents = DollarsField(label=_("Price, $"))

    class Meta:
        model = ServiceOption
        fields = [
            *("minutes", "price_cents", "buffer_before", "buffer_after"),
            *("first_visit_extra", "is_active"),
        ]
        labels = {
            "minutes": _("Length, minutes"),
            "buffer_before": _("Preparation before, minutes"),
            "buffer_after": _("Turnover after, minutes"),
            "first_visit_extra": _("Extra after a first visit, minutes"),
        }
        help_texts = {
            "buffer_after": _("The therapist and room stay free; clients do not see this."),
        }

    def clean_minutes(self) -> int:
        minutes: int = self.cleaned_data["minutes"]
        same = ServiceOption.objects.filter(service=self.instance.service_id, minutes=minutes)
        if same.exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("The service already has that length."))
        return minutes


class PolicyForm(RecordForm):
    STEPS = (5, 10, 15, 20, 30, 45, 60)
    AGREED = _(
        "Visits booked from now on carry the new fee; visits already booked keep the one"
        " that was agreed."
    )
    EMPTY: ClassVar[dict[str, Any]] = {"daily_cap": _("no limit")}
    NOTES: ClassVar[dict[str, Any]] = dict.fromkeys(
        ("late_cancel_percent", "no_show_percent"), AGREED
    )

    slot_step = forms.TypedChoiceField(label=_("Start times every"), coerce=int)
    min_notice = HoursField(
        label=_("Shortest notice, hours"), help_text=_("The desk may book at any notice.")
    )
    cancel_cutoff = HoursField(label=_("Free to cancel until, hours before"))
    reschedule_cutoff = HoursField(label=_("Clients may move until, hours before"))
    reminder_lead = HoursField(label=_("Reminder, hours before"))
    prescription_lead = HoursField(label=_("Prescription due, hours before"))

    class Meta:
        model = BookingPolicy
        fields = [
            *("slot_step", "adjoining_starts", "packing", "min_notice", "horizon_days"),
            *("daily_cap", "reschedule_cutoff", "cancel_cutoff", "late_cancel_percent"),
            *("no_show_percent", "hold_minutes", "offer_minutes", "reminder_lead"),
            *("prescription_lead",),
        ]
        labels = {
            "horizon_days": _("How far ahead clients may book, days"),
            "daily_cap": _("Most sessions a day for one therapist"),
            "late_cancel_percent": _("Late cancellation fee, % of the price"),
            "no_show_percent": _("Missed visit fee, % of the price"),
            "hold_minutes": _("Hold a chosen time for, minutes"),
            "offer_minutes": _("Hold a waitlist offer for, minutes"),
        }
        help_texts = {
            "daily_cap": _("Leave empty for no limit."),
            "adjoining_starts": _("In addition to the regular start times."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = sorted({*self.STEPS, self.instance.slot_step})
        choices = [(step, _("%(count)s minutes") % {"count": step}) for step in steps]
        self.fields["slot_step"].choices = choices  # type: ignore[attr-defined]
        for name, least, most in (
            *(("horizon_days", 1, 730), ("hold_minutes", 1, 120), ("offer_minutes", 1, 1440)),
            *(("late_cancel_percent", 0, 100), ("no_show_percent", 0, 100), ("daily_cap", 1, 50)),
        ):
            field = self.fields[name]
            field.min_value, field.max_value = least, most  # type: ignore[attr-defined]
            field.widget.attrs |= {"min": least, "max": most}
            field.validators += forms.IntegerField(min_value=least, max_value=most).validators


def _far() -> date:
    return timezone.localdate() + 5 * 365 * ONE
