"""Where a payment may be moved: what is owed, by the same client or by one who was looked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from django.utils.translation import gettext as _

from billing.correcting.services import Goal
from billing.owed.settling import key_of
from booking.models import Appointment
from clinic.format import day, money
from clinic.people import owed
from clinic.people.owed import FEE, VISIT
from clinic.people.search import search_clients
from treatment.models import Visit

if TYPE_CHECKING:
    from billing.models import Payment
    from clinic.models import Client
    from clinic.people.owed import Due

MOST = 8  # people


@dataclass(frozen=True, slots=True)
class Place:
    """A visit or fee that owes as much as the payment is."""

    key: str
    client: Client
    due: Due

    @property
    def label(self) -> str:
        parts = {
            "name": self.client.name,
            "what": self.due.what,
            "day": day(self.due.day),
            "cents": money(self.due.cents),
        }
        return _("%(name)s: %(what)s of %(day)s, %(cents)s owed") % parts


def of(payment: Payment, words: str = "") -> list[Place]:
    """Of the payment's client first; with `words`, also of the people found by them."""
    people = [payment.client]
    if words.strip():
        people += [one for one in search_clients(words) if one != payment.client][:MOST]
    dues = owed.owed_by([one.pk for one in people])
    return [
        Place(key_of(due), client, due)
        for client in people
        for due in dues[client.pk].dues
        if _takes(due, payment)
    ]


def _takes(due: Due, payment: Payment) -> bool:
    if due.appointment_id == payment.of_appointment:
        return False
    if due.kind == FEE:
        return due.cents == payment.amount_cents and not payment.is_from_a_plan
    return due.cents >= payment.amount_cents


def choices(places: list[Place]) -> list[tuple[str, str]]:
    return [(one.key, one.label) for one in places]


def read(key: str) -> Goal:
    """What a key that was among the choices stands for."""
    kind, _colon, text = key.partition(":")
    pk = UUID(text)
    if kind == VISIT:
        return Goal(visit=Visit.objects.select_related("appointment").get(appointment=pk))
    return Goal(appointment=Appointment.objects.with_names().get(pk=pk))
