"""What a clinic sets up before its first client: places, prices, staff."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time

from django.conf import settings

from billing.models import Coupon, Procedure
from booking.models import BookingPolicy, WorkingBreak, WorkingHours
from clinic.models import (
    Location,
    Payer,
    Role,
    Room,
    Service,
    ServiceOption,
    Technique,
    Therapist,
    Training,
    User,
)

VA = "Veterans Affairs Community Care"
PASSWORD = "demo-clinic-2026"  # noqa: S105 - printed by `make run`, accepted only by the demo
COUPON, FIRST_MINUTES = "NEW10", 60
PRICES = {30: 5500, 60: 10000, 90: 15000}
MON, TUE, WED, THU, FRI, SAT, SUN = range(7)

SERVICES = {
    Service.Kind.MEDICAL: (
        "Medical massage",
        "You have a prescription, or your physician will write one. Itemized receipts for HSA/FSA.",
    ),
    Service.Kind.THERAPEUTIC: (
        "Therapeutic massage",
        "No prescription needed. Same therapists, same prices, a plain receipt.",
    ),
    Service.Kind.CONSULTATION: (
        "Free consultation",
        "Not sure what helps? Meet a therapist for half an hour, free of charge.",
    ),
}
TECHNIQUES = {
    "97140": [
        "Neuromuscular therapy",
        "Myofascial release",
        "Positional release",
        "Trigger point therapy",
        "Lymph drainage",
    ],
    "97124": ["Massage strokes"],
}
# Our own wording: the CPT descriptions are licensed and cannot be shipped.
LABELS = {"97140": "Hands-on manual therapy", "97124": "Massage, hands-on strokes"}

TRAININGS = ("Oncology massage", "Lymphatic drainage", "Prenatal massage")
HOURS = tuple[tuple[int, ...], time, time]


@dataclass(frozen=True)
class Hire:
    name: str
    email: str
    license_number: str
    npi: str
    hours: tuple[HOURS, ...]
    pause: tuple[time, time] | None = None  # every day; the start times do not shift after it
    trainings: tuple[str, ...] = ()


STAFF = [
    Hire(
        "Dana Ruiz",
        "therapist@example.test",
        "027-014455",
        "1467560003",
        (
            ((MON, TUE, WED, THU, FRI), time(9), time(13)),
            ((MON, TUE, WED, THU, FRI), time(14), time(18)),
        ),
        trainings=("Oncology massage", "Lymphatic drainage"),
    ),
    Hire(
        "Theo Park",
        "theo@example.test",
        "027-018120",
        "1528630019",
        (((MON, TUE, THU, FRI), time(9), time(17)), ((SAT, SUN), time(9), time(15))),
        trainings=("Prenatal massage",),
    ),
    Hire(
        "Imani Cole",
        "imani@example.test",
        "027-020387",
        "1938472655",
        (((TUE, WED, THU, FRI, SAT), time(10), time(18)),),
        pause=(time(13, 30), time(14, 30)),
        trainings=("Lymphatic drainage", "Prenatal massage"),
    ),
    Hire(
        "Sol Reyes",
        "sol@example.test",
        "027-022941",
        "",
        (((MON, WED, THU, FRI, SUN), time(13), time(19)), ((SAT,), time(9), time(15))),
    ),
]


@dataclass
class Clinic:
    location: Location
    rooms: list[Room]
    therapists: list[Therapist]
    options: dict[tuple[str, int], ServiceOption]
    techniques: list[Technique]
    desk: User
    manager: User


def build() -> Clinic:
    location = Location.objects.create(
        name="Stillwater Medical Massage",
        legal_name="Stillwater Medical Massage LLC",
        notes_in_portal=True,
        timezone="America/New_York",
        street="12 Mill Street",
        city="Rhinebeck",
        state="NY",
        postal_code="12572",
        phone="+18455550100",
        email="hello@stillwater.example",
        ein="12-3456789",
        npi="1679576722",
    )
    BookingPolicy.objects.create(location=location, late_cancel_percent=50, no_show_percent=100)
    for place, name in enumerate(TRAININGS):
        Training.objects.create(name=name, position=place)
    Payer.objects.create(name="Self-pay, HSA or FSA")
    Payer.objects.create(name=VA, kind=Payer.Kind.VA, client_signs_visits=True)
    techniques = _techniques()
    return Clinic(
        location=location,
        rooms=[
            Room.objects.create(location=location, name=name, capacity=tables, position=place)
            for place, (name, tables) in enumerate([("Room 1", 1), ("Room 2", 1), ("Room 3", 2)])
        ],
        therapists=[_hire(place, hire, location, techniques) for place, hire in enumerate(STAFF)],
        options=_options(),
        techniques=techniques,
        desk=_login("desk@example.test", Role.FRONT_DESK, "June Ortiz"),
        manager=_login("manager@example.test", Role.MANAGER, "Ruth Keller", is_staff=True),
    )


def _login(email: str, role: Role, name: str, *, is_staff: bool = False) -> User:
    user = User.objects.create_user(
        email, PASSWORD if settings.DEMO else None, role=role, display_name=name, is_staff=is_staff
    )
    if is_staff:
        user.is_superuser = True
        user.save(update_fields=["is_superuser"])
    return user


def _techniques() -> list[Technique]:
    made: list[Technique] = []
    for place, (code, names) in enumerate(TECHNIQUES.items()):
        procedure = Procedure.objects.create(code=code, label=LABELS[code], position=place)
        rows = [
            Technique.objects.create(name=name, position=len(made) + number)
            for number, name in enumerate(names)
        ]
        procedure.techniques.set(rows)
        made += rows
    return made


def _options() -> dict[tuple[str, int], ServiceOption]:
    made: dict[tuple[str, int], ServiceOption] = {}
    for place, (kind, (name, summary)) in enumerate(SERVICES.items()):
        service = Service.objects.create(name=name, kind=kind, summary=summary, position=place)
        prices = {30: 0} if kind == Service.Kind.CONSULTATION else PRICES
        for minutes, cents in prices.items():
            made[kind, minutes] = ServiceOption.objects.create(
                service=service, minutes=minutes, price_cents=cents
            )
    _coupon([one for (_kind, minutes), one in made.items() if minutes == FIRST_MINUTES])
    return made


def _coupon(options: list[ServiceOption]) -> None:
    """For new clients, as practices of this kind give it."""
    coupon = Coupon.objects.create(
        code=COUPON, label="$10 off your first 60-minute visit", off_cents=1000
    )
    coupon.options.set(options)


def _hire(place: int, hire: Hire, location: Location, techniques: list[Technique]) -> Therapist:
    therapist = Therapist.objects.create(
        user=_login(hire.email, Role.THERAPIST, hire.name),
        name=hire.name,
        license_number=hire.license_number,
        license_state="NY",
        npi=hire.npi,
        position=place,
    )
    therapist.techniques.set(techniques)
    therapist.trainings.set(Training.objects.filter(name__in=hire.trainings))
    lines = WorkingHours.objects.bulk_create(
        WorkingHours(therapist=therapist, location=location, weekday=day, starts=starts, ends=ends)
        for days, starts, ends in hire.hours
        for day in days
    )
    if hire.pause:
        starts, ends = hire.pause
        WorkingBreak.objects.bulk_create(
            WorkingBreak(hours=line, starts=starts, ends=ends) for line in lines
        )
    return therapist
