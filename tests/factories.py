"""Makes the people and things that tests are about. Plain functions; every field has a default."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.models import (
    Client,
    Location,
    Role,
    Room,
    Service,
    ServiceOption,
    Technique,
    Therapist,
    User,
)

PASSWORD = "a long test password"

PRICES = {30: 5500, 60: 10000, 90: 15000}


def make_user(email: str, role: Role = Role.CLIENT, **fields: Any) -> User:
    return User.objects.create_user(email, PASSWORD, role=role, **fields)


def make_client(
    first_name: str = "Ana",
    last_name: str = "Lima",
    birth_date: date | None = date(1981, 4, 12),
    user: User | None = None,
    **fields: Any,
) -> Client:
    if user is None:
        user = make_user(f"{first_name}.{last_name}@example.test".lower())
    fields = {"email": user.email, "phone": "+12125550142", **fields}
    return Client.objects.create(
        user=user, first_name=first_name, last_name=last_name, birth_date=birth_date, **fields
    )


def make_location(**fields: Any) -> Location:
    return Location.objects.create(
        **{
            "name": "Stillwater Medical Massage",
            "legal_name": "Stillwater Medical Massage LLC",
            "timezone": "America/New_York",
            "street": "12 Mill Street",
            "city": "Rhinebeck",
            "state": "NY",
            "postal_code": "12572",
            "phone": "+18455550100",
            "email": "hello@stillwater.example",
            "ein": "12-3456789",
            "npi": "1234567893",
            **fields,
        }
    )


def make_rooms(location: Location) -> list[Room]:
    names = [("Room 1", 1), ("Room 2", 1), ("Double room", 2)]
    return [
        Room.objects.create(location=location, name=name, capacity=capacity, position=place)
        for place, (name, capacity) in enumerate(names)
    ]


def make_therapist(name: str = "Dana Ruiz", **fields: Any) -> Therapist:
    return Therapist.objects.create(
        **{
            "name": name,
            "credential": "LMT",
            "license_number": "027-014455",
            "license_state": "NY",
            "npi": "1987654328",
            **fields,
        }
    )


def make_services() -> dict[str, Service]:
    """The three services with the priced options 30/60/90 and a free 30-minute consultation."""
    services = {}
    names = {
        Service.Kind.MEDICAL: "Medical massage",
        Service.Kind.THERAPEUTIC: "Therapeutic massage",
        Service.Kind.CONSULTATION: "Free consultation",
    }
    for place, (kind, name) in enumerate(names.items()):
        service = Service.objects.create(name=name, kind=kind, position=place)
        free = kind == Service.Kind.CONSULTATION
        for minutes, price in ({30: 0} if free else PRICES).items():
            ServiceOption.objects.create(service=service, minutes=minutes, price_cents=price)
        services[str(kind)] = service
    return services


def make_techniques() -> list[Technique]:
    names = ["Neuromuscular", "Myofascial release", "Trigger point", "Relaxation strokes"]
    return [Technique.objects.create(name=name, position=place) for place, name in enumerate(names)]
