"""A therapist's day of twelve visits, each with its order, its questionnaire and a last note; and
notes that are being written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import StringIO
from typing import TYPE_CHECKING, Any

from psycopg2.extras import DateTimeTZRange

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.models import Client, Location, ServiceOption, Therapist, User
    from prescriptions.models import Prescription

VISITS = 12  # of the day
DRAFTS = 32  # more than are written in at once
FIELD = "findings"
WORDS = ("Upper trapezius tight on both sides.", "Tight on the right, tender at the levator.")
LONG_AGO = datetime(1971, 1, 4, 9, tzinfo=UTC)  # where no one else books
ANSWERS = {"blood_thinner": "yes", "pressure": "firm", "goals": ["less_pain", "sleep"]}
MARKS = [{"place": "back-neck-middle", "type": "ache", "intensity": 5}]


@dataclass(frozen=True, slots=True)
class Day:
    session: str  # of the therapist
    on: date
    drafts: list[str]  # visits whose notes say WORDS[0]


def make_day(pattern: Prescription, on: date, sign_in: Any) -> Day:
    """With a therapist of their own; `sign_in` as in `bench.rows`."""
    from django.core.management import call_command
    from django.db import transaction

    from clinic.models import Client, Location, ServiceOption, Therapist, User

    call_command("load_questionnaire", stdout=StringIO())
    session = sign_in("therapist")
    who = Therapist.objects.create(
        name="Of the day", license_state="NY", license_number="027-999999"
    )
    who.user = User.objects.get(email="therapist@clinic.example")
    who.save()
    places = Location.objects.get(), ServiceOption.objects.get()
    people = list(Client.objects.order_by("last_name")[: VISITS + DRAFTS])
    with transaction.atomic():
        for number, client in enumerate(people[:VISITS]):
            _prepare(pattern, client, on, number, who, places)
        drafts = [
            _draft(client, number, who, places) for number, client in enumerate(people[VISITS:])
        ]
    return Day(session, on, drafts)


def _prepare(
    pattern: Prescription,
    client: Client,
    on: date,
    number: int,
    who: Therapist,
    places: tuple[Location, ServiceOption],
) -> None:
    from prescriptions.models import VisitReservation

    _answers(client)
    _last_note(client, number, who, places)
    order = _order(pattern, client, on)
    visit = _booked(client, _at(on, number), who, places)
    visit.reservation = VisitReservation.objects.create(prescription=order, visit_on=on)
    visit.save(update_fields=["reservation"])


def _at(on: date, number: int) -> datetime:
    return datetime(on.year, on.month, on.day, 14, tzinfo=UTC) + timedelta(minutes=40 * number)


def _answers(client: Client) -> None:
    from django.utils import timezone

    from intake.models import Questionnaire, QuestionnaireResponse

    asked = Questionnaire.objects.latest("published_at")
    QuestionnaireResponse.objects.create(
        client=client,
        questionnaire=asked,
        status=QuestionnaireResponse.Status.COMPLETED,
        answers=ANSWERS,
        marks=MARKS,
        severity=3,
        completed_at=timezone.now(),
        signed_name=client.name,
        sha256=_SHA,
    )


def _order(pattern: Prescription, client: Client, on: date) -> Prescription:
    from prescriptions.models import (
        DiagnosisCode,
        PrescribedDiagnosis,
        PrescribedRegion,
        Prescription,
    )

    made = Prescription.objects.get(pk=pattern.pk)
    made.pk, made.client, made.status = None, client, Prescription.Status.APPROVED
    made._state.adding = True
    made.starts_on, made.through_on = on - timedelta(days=20), on + timedelta(days=20)
    made.reserved = 1
    made.save()
    codes = DiagnosisCode.objects.filter(billable=True).order_by("code")[:2]
    for place, code in enumerate(codes):
        PrescribedDiagnosis.objects.create(prescription=made, code=code, position=place)
    for place, key in enumerate(("back-neck-middle", "back-shoulder-left")):
        PrescribedRegion.objects.create(prescription=made, place=key, position=place)
    return made


def _booked(
    client: Client,
    start: datetime,
    who: Therapist,
    places: tuple[Location, ServiceOption],
    **also: Any,
) -> Appointment:
    from django.utils import timezone

    from booking.models import Appointment
    from clinic.models import Room

    location, option = places
    end = start + timedelta(minutes=30)
    return Appointment.objects.create(
        client=client,
        therapist=who,
        room=Room.objects.all()[0],
        location=location,
        option=option,
        starts_at=start,
        ends_at=end,
        blocked=DateTimeTZRange(start, end),
        price_cents=option.price_cents,
        booked_at=timezone.now(),
        **{"status": "booked", **also},
    )


def _finished(
    client: Client, number: int, who: Therapist, places: tuple[Location, ServiceOption]
) -> Any:
    from treatment.models import Visit

    start = LONG_AGO + timedelta(hours=number)
    appointment = _booked(client, start, who, places, status="fulfilled")
    return Visit.objects.create(
        appointment=appointment,
        therapist=who,
        status=Visit.Status.FINISHED,
        arrived_at=start,
        started_at=start,
        stopped_at=start + timedelta(minutes=28),
    )


def _last_note(
    client: Client, number: int, who: Therapist, places: tuple[Location, ServiceOption]
) -> None:
    from django.utils import timezone

    from treatment import sessions
    from treatment.models import TreatmentNote

    visit, author = _finished(client, number, who, places), _login(who)
    sessions.act_as(author)
    TreatmentNote.objects.create(
        visit=visit,
        begun_by=author,
        said={"plan": "Go on as ordered.", "pain_now": "6", "pain_after": "3"}
        | {"treated": "Neck and shoulders.", "hurts": "back-neck-middle"},
        figures=sessions.figures(visit),
        signed_by=author,
        signed_name=who.title,
        signed_at=timezone.now(),
        sha256=_SHA,
    )


def _draft(
    client: Client, number: int, who: Therapist, places: tuple[Location, ServiceOption]
) -> str:
    from treatment.models import TreatmentNote

    visit = _finished(client, VISITS + number, who, places)
    said = {FIELD: WORDS[0], "reason": "Stiff in the morning."}
    TreatmentNote.objects.create(visit=visit, begun_by=_login(who), said=said)
    return str(visit.pk)


def _login(who: Therapist) -> User:
    if who.user is None:
        raise RuntimeError(who)
    return who.user


_SHA = sha256(b"bench").hexdigest()


def typed(day: Day) -> list[tuple[str, dict[str, str]]]:
    """Each draft's field in turn, from one text to the other and back: path, and what is sent.

    The mark is the one that `treatment.notes.services.mark_of` makes.
    """
    marks = [sha256(text.encode()).hexdigest()[:16] for text in WORDS]
    return [
        (
            f"/desk/visits/{visit}/note/keep/",
            {"field": FIELD, "value": WORDS[after], "seen": marks[1 - after]},
        )
        for after in (1, 0)
        for visit in day.drafts
    ]
