"""All that clients owe, by how old it is. Pure, but for the one read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from billing.models import Payment
from billing.owed import reading
from clinic.models import Client

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from clinic.people.owed import Due, Owed

ENDS = (30, 60, 90)  # the last day of each age but the oldest
AGES: dict[str, StrOrPromise] = {
    "0": _("0 to 30 days"),
    "31": _("31 to 60 days"),
    "61": _("61 to 90 days"),
    "91": _("Over 90 days"),
}


def place_of(due: Due, today: date) -> int:
    """Which of the ages a due has: 0 to 3."""
    days = (today - due.day).days
    return sum(days > end for end in ENDS)


@dataclass(frozen=True, slots=True)
class Account:
    """What one client owes, in each of the ages."""

    client_id: UUID
    dues: tuple[Due, ...]
    ages: tuple[int, ...]

    @property
    def cents(self) -> int:
        return sum(self.ages)

    @property
    def oldest(self) -> Due:
        return self.dues[0]


def accounts(owed: Mapping[UUID, Owed], today: date) -> list[Account]:
    """Who owes anything, the oldest debt first, then the largest."""
    found = [_account(pk, one.dues, today) for pk, one in owed.items() if one.dues]
    return sorted(found, key=lambda one: (one.oldest.day, -one.cents))


def _account(pk: UUID, dues: tuple[Due, ...], today: date) -> Account:
    ages = [0] * len(AGES)
    for due in dues:
        ages[place_of(due, today)] += due.cents
    return Account(pk, dues, tuple(ages))


def of_age(found: Sequence[Account], age: str) -> list[Account]:
    """Those who owe something of this age; of an unknown age: all."""
    if age not in AGES:
        return list(found)
    place = list(AGES).index(age)
    return [one for one in found if one.ages[place]]


def totals(found: Iterable[Account]) -> list[int]:
    """What all of them owe, in each of the ages."""
    return [sum(column) for column in zip(*(one.ages for one in found), strict=True)] or [0] * 4


@dataclass(frozen=True, slots=True)
class Row:
    """An account with its person, for a page."""

    account: Account
    client: Client
    last_paid_at: datetime | None


def rows(page: Sequence[Account]) -> list[Row]:
    """The people of a page, and when each last paid; two queries."""
    ids = [one.client_id for one in page]
    people = Client.everyone.in_bulk(ids)
    paid = Payment.objects.filter(client__in=ids).order_by().values("client")
    last = dict(paid.annotate(at=Max("paid_at")).values_list("client", "at"))
    return [Row(one, people[one.client_id], last.get(one.client_id)) for one in page]


def read(today: date) -> list[Account]:
    """Every account of the clinic; two queries."""
    return accounts(reading.all_owed(), today)
