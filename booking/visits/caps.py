"""How many times one person may hold at once, and have booked online within a day.

Counted in the diary itself, under a lock on the one who asks: so many at the same moment, or from a
browser that forgets its cookies, count as one after the other does. A couple counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from django.db import connection
from django.utils import timezone
from django.utils.crypto import salted_hmac

from booking.errors import TooManyAhead, TooManyHeld, TooManyHeldNearby
from booking.models import HELD_SQL, Appointment, AppointmentStatus
from booking.visits import placement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from booking.visits.parties import Party

Limits: TypeAlias = "Mapping[str, int]"
# At once. A browser has one: what it holds next takes the place of that.
HELD: Limits = {"login": 3, "network": 10}
# Still to come, of those booked online since yesterday. An address has not proved itself.
AHEAD: Limits = {"login": 12, "address": 6, "network": 20}
KINDS = ("browser", "login", "address", "network")
RECENT = timedelta(days=1)
FORGOTTEN = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Holder:
    """Who asks, as keys that name nobody: what they are made of cannot be read from them."""

    keys: dict[str, str]

    @classmethod
    def of(cls, **parts: str) -> Holder:
        return cls({kind: _key(kind, part) for kind, part in parts.items() if part})

    def ask(self, question: str, **values: Any) -> Any:
        """The answer, once nobody else with one of these keys is asking."""
        keys = sorted(self.keys.values())
        values |= {kind: self[kind] for kind in KINDS} | {"keys": keys}
        values["locks"] = [f"holder {key}" for key in keys]
        with connection.cursor() as cursor:
            cursor.execute(question, values)
            return cursor.fetchone()

    def __getitem__(self, kind: str) -> str:
        return self.keys.get(kind, "")


def _key(kind: str, part: str) -> str:
    return salted_hmac(f"booking.{kind}", part, algorithm="sha256").hexdigest()[:32]


# Who asks waits for what they asked before; before any other lock. The count is a statement of
# its own in the same round trip: it sees what the one that was waited for has written.
LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(key, 0)) FROM unnest(%(locks)s) AS key;"
OTHER = "NOT %(browser)s = ANY(held_by)"
HELD_NOW = f"""
{LOCK}
SELECT count(DISTINCT hold_token) FILTER (WHERE %(browser)s = ANY(held_by)),
       count(DISTINCT hold_token) FILTER (WHERE {OTHER} AND %(login)s = ANY(held_by)),
       count(DISTINCT hold_token) FILTER (WHERE {OTHER} AND %(network)s = ANY(held_by))
FROM booking_appointment
WHERE {HELD_SQL} AND held_until > %(now)s AND held_by && %(keys)s::varchar[]
  AND hold_token IS DISTINCT FROM %(replaces)s
"""  # noqa: S608 - the fragments are constants


def expect_few_held(holder: Holder, replaces: UUID | None) -> bool:
    """Refuse one more hold. What this browser holds does not count: it will be given up.

    Returns whether it holds anything, besides what is replaced (`keep_one`).

    Raises:
        TooManyHeld: the login holds enough already.
        TooManyHeldNearby: its network does.
    """
    own, login, network = holder.ask(HELD_NOW, now=timezone.now(), replaces=replaces)
    if login >= HELD["login"]:
        raise TooManyHeld
    if network >= HELD["network"]:
        raise TooManyHeldNearby
    return bool(own)


def keep_one(holder: Holder, token: UUID) -> None:
    """Give up whatever else this browser holds: two clicks at once must not keep two times."""
    held = Appointment.objects.filter(held_by__contains=[holder["browser"]])
    placement.discard(held.exclude(hold_token=token))


MADE_LATELY = f"""
{LOCK}
SELECT count(DISTINCT party) FILTER (WHERE %(login)s = ANY(held_by)),
       count(DISTINCT party) FILTER (WHERE %(address)s = ANY(held_by)),
       count(DISTINCT party) FILTER (WHERE %(network)s = ANY(held_by))
FROM booking_appointment
WHERE booked_at > %(since)s AND held_by <> '{{}}' AND starts_at > %(now)s
  AND status = '{AppointmentStatus.BOOKED}'
  AND held_by && %(keys)s::varchar[]
"""  # noqa: S608 - the fragment is a constant


def expect_few_ahead(holder: Holder) -> None:
    """Refuse one more booking.

    Raises:
        TooManyAhead: this login, address or network has booked enough online since yesterday.
    """
    now = timezone.now()
    found = dict(zip(AHEAD, holder.ask(MADE_LATELY, now=now, since=now - RECENT), strict=True))
    if any(found[kind] >= most for kind, most in AHEAD.items()):
        raise TooManyAhead


def sign(party: Party, holder: Holder | None) -> None:
    """Write on each who holds it."""
    for one in party:
        one.held_by = sorted(holder.keys.values()) if holder else []


def forget() -> int:
    """Take the keys from visits once nobody counts them any more; returns from how many."""
    late = Appointment.objects.filter(booked_at__lt=timezone.now() - FORGOTTEN)
    return late.exclude(held_by=[]).update(held_by=[])
