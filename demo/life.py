"""The demo clinic's past and coming month, each day as it would have gone."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils import timezone

from billing import services as billing
from billing.issuing import services as issuing
from billing.models import Payment
from booking.errors import AlreadyBooked, SlotTaken
from booking.models import Appointment, AppointmentStatus
from booking.times import search
from booking.times.availability import moment
from booking.visits import services as booking
from booking.visits.past_order import Answer, Choice, PastOrder
from demo import notes
from demo.moments import at
from treatment import services as treatment

if TYPE_CHECKING:
    from clinic.models import Client, ServiceOption, Technique, User
    from demo.people import Person
    from demo.places import Clinic
    from treatment.models import Visit

BOOKED_AHEAD = timedelta(days=6)
METHODS = [*Payment.Method.values, Payment.Method.HSA, Payment.Method.HSA, Payment.Method.FSA]
# Hands-on minutes of a session: some always go to undressing and talking.
HANDS_ON = {30: (24, 28), 60: (50, 56), 90: (80, 87)}
MISSED, CANCELLED, UNPAID, STROKES = 0.04, 0.05, 0.06, 0.6


@dataclass
class Life:
    clinic: Clinic
    now: datetime
    # The same clinic every time: a demo that keeps changing is hard to present.
    dice: Random = field(default_factory=lambda: Random(2026))  # noqa: S311
    pen: Random = field(default_factory=lambda: Random(2027))  # noqa: S311 - of the notes
    booked: list[Appointment] = field(default_factory=list)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.clinic.location.zone).date()

    def visits_of(self, client: Client, person: Person, *, medical: bool) -> None:
        """Book this person's past and coming visits."""
        kind = "medical" if medical else "therapeutic"
        option = self.clinic.options[kind, person.minutes]
        first = self.today - timedelta(weeks=person.since) + timedelta(days=self.dice.randrange(2))
        day = first + timedelta(days=1)
        while person.since and day < self.today:
            self.book(client, option, day)
            day += timedelta(days=person.rhythm)
        day = max(day, self.today) + timedelta(days=self.dice.randrange(1, 6))
        for _ in range(person.ahead):
            self.book(client, option, day)
            day += timedelta(days=person.rhythm)

    def book(self, client: Client, option: ServiceOption, day: date) -> None:
        """A time on that day, or within the four days after it, as a phone call would find it."""
        made_at = min(
            datetime.combine(day, datetime.min.time(), self.clinic.location.zone) - BOOKED_AHEAD,
            self.now - timedelta(hours=2),
        )
        with at(made_at):
            free = search.free_times(
                option=option, start=day, end=day + timedelta(days=4), by_desk=True
            )
            by_day = free.by_day()
            if not by_day:
                return
            start = moment(self.dice.choice(by_day[min(by_day)]).start)
            with suppress(SlotTaken, AlreadyBooked, PastOrder):
                self.booked += booking.book_for_desk(
                    actor=self.clinic.desk,
                    clients=[client],
                    option=option,
                    start=start,
                    reason="Asked by phone",  # kept only where it breaks something
                    past=Answer(Choice.PENDING, everything=True),
                )

    def live_until_now(self) -> None:
        """In the order things happened, so receipts are numbered in that order too."""
        for appointment in sorted(self.booked, key=lambda booked: booked.ends_at):
            if appointment.starts_at < self.now:
                self.live(appointment)

    def live(self, appointment: Appointment) -> None:
        """Bring an appointment up to the present."""
        if appointment.ends_at >= self.now:
            self.begin(appointment)
            return
        fate = self.dice.random()
        if fate < CANCELLED:
            with at(appointment.starts_at - timedelta(days=2)):
                booking.cancel(actor=self.clinic.desk, party=[appointment])
        elif fate < CANCELLED + MISSED:
            with at(appointment.starts_at + timedelta(minutes=20)):
                booking.mark(
                    actor=self.clinic.desk,
                    appointment=appointment,
                    status=AppointmentStatus.NO_SHOW,
                )
        else:
            self.treat(appointment)

    def begin(self, appointment: Appointment) -> Visit:
        """Check in and start the session."""
        if appointment.needs_prescription and appointment.reservation_id is None:
            with at(appointment.starts_at - timedelta(days=1)):
                appointment = booking.switch_to_self_pay(
                    actor=self.clinic.desk, appointment=appointment
                )
        with at(appointment.starts_at - timedelta(minutes=5)):
            visit = treatment.check_in(actor=self.clinic.desk, appointment=appointment)
        with at(appointment.starts_at + timedelta(minutes=1)):
            return treatment.start(actor=self.therapist(appointment), visit=visit)

    def treat(self, appointment: Appointment) -> None:
        """The whole visit, then payment and receipt."""
        visit = self.begin(appointment)
        start = appointment.starts_at + timedelta(minutes=1)
        stop = appointment.ends_at - timedelta(minutes=1)
        with at(stop):
            visit = treatment.finish(
                actor=self.therapist(appointment),
                visit=visit,
                started_at=start,
                stopped_at=stop,
                minutes=self.minutes(appointment.option.minutes),
            )
            notes.confirm(visit, self.therapist(appointment), self.pen)
            is_signed = stop.date() < self.now.date()
            notes.write(visit, self.therapist(appointment), self.pen, is_signed=is_signed)
        owed = billing.balance(visit)
        if not owed:  # a free consultation
            return
        with at(min(stop + timedelta(minutes=8), self.now)):
            paid = owed if self.dice.random() > UNPAID else owed // 2
            billing.take_payment(
                actor=self.clinic.desk,
                visit=visit,
                method=self.dice.choice(METHODS),
                amount_cents=paid,
                reference=f"{self.dice.randrange(10000):04d}",
                form_token=UUID(int=self.dice.getrandbits(128), version=4),
            )
            issuing.issue_receipt(actor=self.clinic.desk, visit=visit)

    def therapist(self, appointment: Appointment) -> User:
        return appointment.therapist.user or self.clinic.manager

    def minutes(self, length: int) -> dict[Technique, int]:
        """Two techniques share the hands-on time."""
        total = self.dice.randint(*HANDS_ON[length])
        *manual, strokes = self.clinic.techniques
        first, second = self.dice.sample(manual, 2)
        if self.dice.random() < STROKES:
            second = strokes
        part = total * self.dice.choice([50, 60, 70]) // 100
        return {first: part, second: total - part}


def next_working_day(clinic: Clinic) -> date:
    """The first day, starting tomorrow, with a free hour."""
    today = timezone.localdate(timezone=clinic.location.zone)
    option = clinic.options["therapeutic", 60]
    free = search.free_times(option=option, start=today, end=today + timedelta(days=14))
    return min(day for day in free.by_day() if day > today)
