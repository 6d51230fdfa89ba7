from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors as booking
from clinic import body
from clinic.models import ServiceOption, Therapist
from prescriptions import areas
from treatment.recording import floor_minute, moment_of
from treatment.regions import bodymap, scope
from treatment.sessions import LONGEST_REASON, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from zoneinfo import ZoneInfo

    from booking.models import Appointment
    from clinic.models import Technique
    from treatment.models import Visit

LONGEST = 240  # minutes of one technique
REASONS = [
    _("Forgot to check in"),
    _("The internet was down"),
    _("Written on paper first"),
    _("Typed wrong"),
]


class ClockField(forms.TimeField):
    """A time of day, to the minute."""

    def __init__(self, *, missing: Any = "", **kwargs: Any) -> None:
        widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
        errors = {"required": missing} if missing else {}
        super().__init__(widget=widget, error_messages=errors, **kwargs)


class MinutesField(forms.IntegerField):
    """Whole minutes of one technique; `counts`: into the page's total."""

    def __init__(self, *, counts: bool = False, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=LONGEST, required=False, **kwargs)
        self.widget.attrs |= {"inputmode": "numeric", "class": "form-control"}
        if counts:
            self.widget.attrs["data-minutes"] = ""


class WhyField(forms.CharField):
    """A reason in a few words; the page suggests the usual ones."""

    default_error_messages = {"required": _("Say why in a few words.")}

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"autocomplete": "off", "list": "reasons"})
        super().__init__(max_length=LONGEST_REASON, widget=widget, **kwargs)


class SessionForm(forms.Form):
    """Arrival, start, stop, and hands-on minutes by technique. Times are of the visit's own day.

    Stopped starts empty: the time at which a page was opened says nothing about the session.
    """

    is_now = False  # else "now" is never when it stopped
    arrived = ClockField(label=_("Arrived"), required=False)
    started = ClockField(label=_("Started"), missing=_("Enter when the session started."))
    stopped = ClockField(label=_("Stopped"), missing=_("Enter when the session stopped."))
    # Shown once something is unlikely.
    word = WhyField(label=_("Why is it so?"), required=False)

    def __init__(
        self, *args: Any, techniques: Sequence[Technique], zone: ZoneInfo, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.techniques, self.zone = techniques, zone
        self.ordered: list[str] = []
        for technique in techniques:
            self.fields[self.key(technique)] = MinutesField(label=technique.name, counts=True)

    def ask_where(self, appointment: Appointment, treated: Sequence[str] = ()) -> None:
        """Ask what was treated, and where the order sets a limit, which minutes lay outside."""
        if not appointment.option.service.needs_intake or not self.techniques:
            return
        self.ordered = scope.ordered_of(appointment)
        self.fields["regions"] = forms.MultipleChoiceField(
            label=_("Treated area"),
            required=False,
            choices=[(place.key, place.label) for place in body.places()],
            initial=list(treated) or self.ordered,
            widget=forms.CheckboxSelectMultiple,
        )
        for technique in self.techniques if self.ordered else ():
            self.fields[self.outside_key(technique)] = MinutesField(
                label=_("Of these, outside the order")
            )

    @staticmethod
    def key(technique: Technique) -> str:
        return f"minutes-{technique.pk}"

    @staticmethod
    def outside_key(technique: Technique) -> str:
        return f"outside-{technique.pk}"

    @property
    def minute_fields(self) -> list[tuple[forms.BoundField, forms.BoundField | None]]:
        """The minutes of each technique, and those of them outside the order, if it has a limit."""
        return [
            (self[self.key(one)], self[self.outside_key(one)] if self.ordered else None)
            for one in self.techniques
        ]

    @property
    def views(self) -> list[bodymap.View]:
        return bodymap.views(self["regions"], was=self.ordered)

    @property
    def chosen(self) -> str:
        """The treated places by their names."""
        return ", ".join(str(one.label) for one in areas.known(self["regions"].value() or []))

    @property
    def asks_why(self) -> bool:
        """Whether the page has to show the field for a word."""
        return bool(self["word"].errors or self["word"].value())

    def show(self, name: str, moment: datetime | None) -> None:
        """Fill a time in beforehand."""
        if moment is not None:
            self.fields[name].initial = moment.astimezone(self.zone).time()

    def session_on(
        self, day: date, arrived_at: datetime | None, therapist: Therapist | None = None
    ) -> Session:
        """What was typed, as moments of a day.

        An arrival that was left as it is keeps its seconds. Raises NoSuchTime.
        """
        typed = self.cleaned_data
        started_at = moment_of(day, typed["started"], self.zone)
        stopped_at = moment_of(day, typed["stopped"], self.zone, not_before=started_at)
        arrival = moment_of(day, typed["arrived"], self.zone) if typed.get("arrived") else None
        if arrival and arrived_at and floor_minute(arrived_at) == arrival:
            arrival = arrived_at
        minutes = {one: typed[self.key(one)] or 0 for one in self.techniques}
        limited = self.techniques if self.ordered else ()
        return Session(
            started_at,
            stopped_at,
            minutes,
            regions=typed.get("regions"),
            outside={one: typed[self.outside_key(one)] or 0 for one in limited},
            arrived_at=arrival or arrived_at,
            therapist=therapist,
            word=typed.get("word", ""),
        )


class RecordForm(SessionForm):
    """What a therapist records of a session in progress."""

    is_now = True

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, zone=visit.appointment.location.zone, **kwargs)
        self.visit = visit
        self.fields["stopped"].widget.attrs["data-zone"] = str(self.zone)
        self.show("arrived", visit.arrived_at)
        self.show("started", visit.started_at or visit.arrived_at)
        self.ask_where(visit.appointment)

    def record(self) -> dict[str, Any]:
        """The arguments `services.finish` expects."""
        session = self.session_on(self.visit.appointment.local_date, self.visit.arrived_at)
        names = (
            *("started_at", "stopped_at", "minutes", "regions", "outside"),
            *("arrived_at", "word"),
        )
        return {name: getattr(session, name) for name in names}


class CorrectForm(SessionForm):
    """The same once it is finished, with the reason, and who treated."""

    therapist = forms.ModelChoiceField(label=_("Therapist"), queryset=Therapist.objects.none())
    reason = WhyField(label=_("Why do you correct it?"))
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, visit: Visit, **kwargs: Any) -> None:
        super().__init__(*args, zone=visit.appointment.location.zone, **kwargs)
        self.visit = visit
        who = self.fields["therapist"]
        who.queryset = booking.therapists() | Therapist.objects.filter(pk=visit.therapist_id)  # type: ignore[attr-defined]
        who.initial = visit.therapist_id
        for name in ("arrived", "started", "stopped"):
            self.show(name, getattr(visit, f"{name}_at"))
        self.fields["word"].initial = visit.times_reason
        self.fields["form_token"].initial = uuid4
        self.ask_where(visit.appointment, visit.regions)
        for row in visit.minutes.all():
            self.fields[self.key(row.technique)].initial = row.minutes
            if self.ordered:
                self.fields[self.outside_key(row.technique)].initial = row.outside or None

    def session(self) -> Session:
        """What was typed; a time that was left as it is keeps its seconds."""
        visit, day = self.visit, self.visit.appointment.local_date
        session = self.session_on(day, visit.arrived_at, self.cleaned_data["therapist"])
        kept = {
            name: known
            for name in ("started_at", "stopped_at")
            if (known := getattr(visit, name))
            and floor_minute(known) == floor_minute(getattr(session, name))
        }
        names = ("minutes", "regions", "outside", "arrived_at", "therapist", "word")
        rest = {name: getattr(session, name) for name in names}
        return Session(
            started_at=kept.get("started_at", session.started_at),
            stopped_at=kept.get("stopped_at", session.stopped_at),
            **rest,
        )


class LateForm(SessionForm):
    """A visit entered after its time. Without `records`, only that the client came."""

    reason = WhyField(label=_("Why is it late?"))

    def __init__(
        self,
        *args: Any,
        appointment: Appointment,
        visit: Visit | None,
        records: bool,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, zone=appointment.location.zone, **kwargs)
        self.appointment, self.visit = appointment, visit
        arrived_at = visit.arrived_at if visit is not None and visit.is_open else None
        self.arrived_at = arrived_at
        self.show("arrived", arrived_at)
        self.show("started", visit.started_at if visit is not None else None)
        self.fields["arrived"].required = True
        self.fields["arrived"].error_messages["required"] = _("Enter when the client arrived.")
        if visit is not None and visit.is_open and visit.is_late_entry:  # said already
            self.fields["reason"].required = False
            self.fields["reason"].initial = visit.late_reason
        if not records:
            for name in ("started", "stopped", "word", *map(self.key, self.techniques)):
                del self.fields[name]
            self.techniques = []
        self.ask_where(appointment, visit.regions if visit is not None else ())

    def arrival(self) -> datetime:
        return moment_of(self.appointment.local_date, self.cleaned_data["arrived"], self.zone)

    def session(self) -> Session:
        return self.session_on(self.appointment.local_date, self.arrived_at)


class PastVisitForm(SessionForm):
    """A session that never was in the schedule."""

    field_order = ("day", "option", "therapist")
    day = forms.DateField(
        label=_("Date"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": _("Enter the day of the session.")},
    )
    option = forms.ModelChoiceField(
        label=_("Session"),
        queryset=ServiceOption.objects.none(),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose the session.")},
    )
    therapist = forms.ModelChoiceField(
        label=_("Therapist"),
        queryset=Therapist.objects.none(),
        empty_label=_("Choose"),
        error_messages={"required": _("Choose who treated.")},
    )
    reason = WhyField(label=_("Why was it not in the schedule?"))
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, records: bool, therapist: Therapist | None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.records = records
        options = booking.bookable_options().order_by("service__position", "minutes")
        self.fields["option"].queryset = options  # type: ignore[attr-defined]
        self.fields["option"].label_from_instance = _option_name  # type: ignore[attr-defined]
        self.fields["therapist"].queryset = booking.therapists()  # type: ignore[attr-defined]
        self.fields["therapist"].initial = therapist
        self.fields["form_token"].initial = uuid4
        today = timezone.localdate(timezone=self.zone)
        self.fields["day"].widget.attrs |= {"max": today.isoformat()}
        if not records:
            for name in ("arrived", "stopped", "word", *map(self.key, self.techniques)):
                del self.fields[name]
            self.techniques = []

    def visit(self) -> dict[str, Any]:
        """The arguments `late.add_past` expects."""
        typed = self.cleaned_data
        names = ("option", "therapist", "reason", "form_token")
        found = {name: typed[name] for name in names}
        found["start"] = moment_of(typed["day"], typed["started"], self.zone)
        if "stopped" in typed:
            found["session"] = self.session_on(typed["day"], None)
        return found


def _option_name(option: ServiceOption) -> str:
    return f"{option.service.name}, {option.minutes} min"


class TakeBackForm(forms.Form):
    reason = WhyField(label=_("Why do you take it back?"))
