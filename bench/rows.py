"""The measured clinic: the same on every run, however much history it has.

Ten therapists and ten rooms, Monday to Friday nine to six, one option of 60 minutes with 15 minutes
of turnover: seven places a day for each therapist. 60 % of the places of the next 30 days are
booked; the past fills every place, from last week backwards.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import TYPE_CHECKING

import psycopg2
from psycopg2.extras import DateTimeTZRange

from bench.money import fill_billed
from bench.people import fill_people
from bench.treatment import Day, make_day
from bench.visits import fill_unbilled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Connection
    from psycopg2.extensions import cursor as Cursor

    from prescriptions.models import Prescription

THERAPISTS = ROOMS = 10
PLACES = 7  # a day: 60 minutes and 15 of turnover, from 09:00 to 17:45
WEEKDAYS = 5
DAYS = 30
BOOKED = 0.6
CLIENTS = 2000
HORIZON = 365  # days; wide, so that there are enough distinct times to book
MANY = 10_000  # from this many rows, constraints are checked all at once, after loading
FEWEST, MOST = 100, 10_000  # prescriptions
SEARCHES, LETTERS = 200, 3
SEED = 20_260_101
ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Clinic:
    """What the requests name."""

    option: str
    therapists: list[str]
    today: date
    desk: str  # the session of a front-desk user
    manager: str
    clients: list[str]  # ten of them
    prescription: str  # one that was decided
    searches: list[str]  # what a reviewer types to find a code
    treated: Day  # a therapist's day, and notes that are being written

    @property
    def first(self) -> date:
        return self.today + timedelta(days=1)

    @property
    def year(self) -> str:
        """The year that ends today, for the report."""
        return f"begins_on={self.today - timedelta(days=365)}&ends_on={self.today}"

    @property
    def last(self) -> date:
        return self.today + timedelta(days=DAYS)


def make_clinic(every_code: int) -> Clinic:
    """The places and people of an empty database; a row or two as the pattern for the rest."""
    from django.utils import timezone

    from booking.models import Appointment, BookingPolicy, WorkingHours
    from clinic.models import Client, Location, Room, Service, ServiceOption, Technique, Therapist

    Technique.objects.create(name="Neuromuscular")
    location = Location.objects.create(
        name="Bench",
        legal_name="Bench LLC",
        timezone=ZONE,
        street="1 Main Street",
        city="Rhinebeck",
        state="NY",
        postal_code="12572",
        phone="+18455550100",
        email="hello@clinic.example",
    )
    BookingPolicy.objects.create(location=location, horizon_days=HORIZON)
    for number in range(ROOMS):
        Room.objects.create(location=location, name=f"Room {number + 1}", position=number)
    service = Service.objects.create(name="Massage", kind=Service.Kind.THERAPEUTIC)
    option = ServiceOption.objects.create(service=service, minutes=60, price_cents=10_000)
    staff = [
        Therapist.objects.create(
            name=f"Therapist {number + 1}",
            position=number,
            license_state="NY",
            license_number=f"027-{number:06}",
        )
        for number in range(THERAPISTS)
    ]
    WorkingHours.objects.bulk_create(
        WorkingHours(
            therapist=therapist, location=location, weekday=weekday, starts=time(9), ends=time(18)
        )
        for therapist in staff
        for weekday in range(WEEKDAYS)
    )
    Client.objects.bulk_create(
        Client(
            first_name="Client",
            last_name=f"{number:05}",
            birth_date=date(1960, 1, 1) + timedelta(days=7 * number),
        )
        for number in range(CLIENTS)
    )
    start = datetime(1950, 1, 2, 9, tzinfo=UTC)  # where no one else books
    end = start + timedelta(minutes=60)
    Appointment.objects.create(
        client=Client.objects.first(),
        therapist=staff[0],
        room=location.rooms.all()[0],
        location=location,
        option=option,
        status="booked",
        starts_at=start,
        ends_at=end,
        blocked=DateTimeTZRange(start, end + timedelta(minutes=option.buffer_after)),
        price_cents=option.price_cents,
        booked_at=timezone.now(),
    )
    prescription = _pattern_prescription()
    today = timezone.localdate(timezone=location.zone)
    return Clinic(
        option=str(option.pk),
        therapists=[str(therapist.pk) for therapist in staff],
        today=today,
        desk=sign_in("front_desk"),
        manager=sign_in("manager"),
        clients=[str(pk) for pk in Client.objects.values_list("pk", flat=True)[:10]],
        prescription=str(prescription.pk),
        searches=load_codes(every_code),
        treated=make_day(prescription, today + timedelta(days=HORIZON + DAYS), sign_in),
    )


def _pattern_prescription() -> Prescription:
    """Complete, and replaced long ago: it is waiting for no one."""
    from django.utils import timezone

    from clinic.models import Client, Document
    from prescriptions.models import Prescription

    client = Client.objects.all()[0]
    document = Document.objects.create(
        kind=Document.Kind.PRESCRIPTION,
        client=client,
        name="prescription.pdf",
        content_type="application/pdf",
        size=1,
        pages=1,
        sha256="0" * 64,
        key_id="bench",
    )
    return Prescription.objects.create(
        client=client,
        document=document,
        status=Prescription.Status.SUPERSEDED,
        reason="Neck pain",
        order_text="2 per week for 6 weeks",
        modality=Prescription.Modality.MASSAGE,
        issued_on=date(2020, 1, 1),
        starts_on=date(2020, 1, 1),
        through_on=date(2020, 2, 11),
        prescriber_name="Kofi Osei",
        prescriber_credential="MD",
        prescriber_npi="1234567893",
        authorized=12,
        approved_at=timezone.now(),
    )


def sign_in(role: str) -> str:
    """The session of a user with a role, as sign-in leaves it."""
    from django.test import Client as Browser

    from clinic.accounts.second_step.services import TAKEN
    from clinic.models import User

    browser = Browser()
    user = User.objects.create(email=f"{role}@clinic.example", role=role)
    browser.force_login(user)
    session = browser.session
    session[TAKEN] = str(user.pk)
    session.save()
    return str(session.session_key)


def load_codes(every: int) -> list[str]:
    """The diagnosis codes, or only every nth; returns random things a reviewer may type."""
    from itertools import islice

    from prescriptions.codes import index, loading
    from prescriptions.management.commands import load_icd10
    from prescriptions.models import DiagnosisCode

    loading.keep(islice(load_icd10.read("bench"), 0, None, every))
    loading.settle()
    chance = Random(SEED)
    codes = DiagnosisCode.objects.filter(billable=True).order_by("code")
    names = [index.fold(name).split() for name in codes.values_list("description", flat=True)]
    words = sorted({word for name in names for word in name if len(word) >= LETTERS})
    typed = []
    for _ in range(SEARCHES):
        word = chance.choice(words)
        start = chance.randrange(len(word) - LETTERS + 1)
        typed.append(word[start : start + LETTERS])  # any three letters
        typed.append(chance.choice(words))
        typed.append(" ".join(chance.sample(name := chance.choice(names), min(2, len(name)))))
    return typed


def fill_prescriptions(cursor: Cursor, past: int) -> None:
    """A tenth as many as appointments, 100 to 10,000; one of ten waits for its review."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'prescriptions_prescription'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    changed = {
        "id": "gen_random_uuid()",
        "client_id": f"clients.ids[k %% {CLIENTS} + 1]",
        "status": "CASE WHEN k %% 10 = 0 THEN 'submitted' ELSE 'approved' END",
        "created_at": "now() - k * interval '1 minute'",
    }
    names = [name for (name,) in cursor.fetchall()]
    columns = {
        "names": ", ".join(names),
        "values": ", ".join(changed.get(name, f"pattern.{name}") for name in names),
    }
    cursor.execute(_PRESCRIBE.format(**columns), [min(max(past // 10, FEWEST), MOST)])


_PRESCRIBE = """
    INSERT INTO prescriptions_prescription ({names})
    SELECT {values} FROM generate_series(0, %s - 1) AS k,
        (SELECT * FROM prescriptions_prescription LIMIT 1) AS pattern,
        (SELECT array_agg(id ORDER BY last_name) AS ids FROM clinic_client) AS clients
"""


def fill(database: str, clinic: Clinic, past: int, people: int) -> float:
    """Load that many past appointments, the next 30 days and people; the share that is booked."""
    connection = psycopg2.connect(database)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
            cursor.execute(f"SET timezone = '{ZONE}'; SET maintenance_work_mem = '256MB'")
            with _lifted(cursor, past >= MANY):
                cursor.execute(_INSERT.format(**_columns(cursor), places=_PAST), _names(past))
                cursor.execute(
                    _INSERT.format(**_columns(cursor), places=_AHEAD),
                    {**_names(0), "first": clinic.first, "last": clinic.last},
                )
            fill_prescriptions(cursor, past)
            fill_unbilled(cursor)
            fill_people(cursor, people)
            fill_billed(cursor)
            share = _share_booked(cursor, clinic)
            cursor.execute("VACUUM (ANALYZE)")
    finally:
        connection.close()
    return share


# Places counted backwards from the Friday of last week.
_PAST = """
    SELECT k, 'fulfilled' AS status, k %% %(staff)s AS person,
           (date_trunc('week', now())::date - 7 * (1 + k / %(week)s)::int
            + (k / %(day)s %% %(weekdays)s)::int
            + time '09:00' + (k / %(staff)s %% %(places)s) * interval '75 minutes') AS local
      FROM generate_series(0, %(past)s - 1) AS k
"""
# The same share on every run: ordered by a hash, which is as good as random.
_AHEAD = """
    SELECT k, 'booked' AS status, person, local FROM (
        SELECT row_number() OVER (ORDER BY md5(day::text || ':' || person || ':' || place)) AS k,
               count(*) OVER () AS of_all, person,
               day + time '09:00' + place * interval '75 minutes' AS local
          FROM generate_series(%(first)s::date, %(last)s::date, '1 day') AS day,
               generate_series(0, %(staff)s - 1) AS person,
               generate_series(0, %(places)s - 1) AS place
         WHERE extract(isodow FROM day) <= %(weekdays)s
    ) AS every WHERE k <= round(%(share)s * of_all)
"""
_INSERT = """
    INSERT INTO booking_appointment ({names})
    SELECT {values} FROM ({places}) AS wanted,
        (SELECT * FROM booking_appointment WHERE starts_at < '1960-01-01') AS pattern,
        (SELECT array_agg(id ORDER BY position) AS ids FROM clinic_therapist) AS therapists,
        (SELECT array_agg(id ORDER BY position) AS ids FROM clinic_room) AS rooms,
        (SELECT array_agg(id ORDER BY last_name) AS ids FROM clinic_client) AS clients
"""
_START = f"(local AT TIME ZONE '{ZONE}')"
_CHANGED = {
    "id": "gen_random_uuid()",
    "party": "gen_random_uuid()",
    "ical_uid": "gen_random_uuid()",
    "therapist_id": "therapists.ids[person::int + 1]",
    "room_id": "rooms.ids[person::int + 1]",
    "client_id": f"clients.ids[(wanted.k %% {CLIENTS})::int + 1]",
    "status": "wanted.status",
    "starts_at": _START,
    "ends_at": f"{_START} + interval '60 minutes'",
    "blocked": f"tstzrange({_START}, {_START} + interval '75 minutes')",
}


def _columns(cursor: Cursor) -> dict[str, str]:
    """The table's current columns, and where the value of each comes from."""
    cursor.execute(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'booking_appointment'::regclass"
        " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
    )
    names = [name for (name,) in cursor.fetchall()]
    values = [_CHANGED.get(name, f"pattern.{name}") for name in names]
    return {"names": ", ".join(names), "values": ", ".join(values)}


def _names(past: int) -> dict[str, object]:
    return {
        "past": past,
        "staff": THERAPISTS,
        "places": PLACES,
        "weekdays": WEEKDAYS,
        "day": THERAPISTS * PLACES,
        "week": THERAPISTS * PLACES * WEEKDAYS,
        "share": BOOKED,
    }


@contextmanager
def _lifted(cursor: Cursor, really: bool) -> Iterator[None]:
    """Load without constraints, indexes, and triggers; restoring them checks every row at once."""
    if not really:
        yield
        return
    table = "booking_appointment"
    cursor.execute(
        "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = %s::regclass AND contype IN ('x', 'u', 'f')",
        [table],
    )
    constraints = cursor.fetchall()
    cursor.execute(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = %s::regclass AND NOT indisprimary AND NOT EXISTS"
        " (SELECT FROM pg_constraint WHERE conindid = indexrelid)",
        [table],
    )
    indexes = cursor.fetchall()
    cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for name, _definition in constraints:
        cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
    for name, _definition in indexes:
        cursor.execute(f"DROP INDEX {name}")
    yield
    for _name, definition in indexes:
        cursor.execute(definition)
    for name, definition in constraints:
        cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
    cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _share_booked(cursor: Cursor, clinic: Clinic) -> float:
    weekdays = sum(
        (clinic.first + timedelta(days=number)).weekday() < WEEKDAYS for number in range(DAYS)
    )
    cursor.execute("SELECT count(*) FROM booking_appointment WHERE status = 'booked'")
    row = cursor.fetchone()
    booked = row[0] - 1 if row else 0  # without the pattern
    return float(booked / (weekdays * THERAPISTS * PLACES))


def connect(database: str) -> Connection:
    """A connection for the work between timed requests; it does not wait for the disk."""
    connection = psycopg2.connect(database)
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    return connection
