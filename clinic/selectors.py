from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db.models import Case, Prefetch, Q, QuerySet, When

from clinic import likeness
from clinic.models import Client, ClientMerge, Location, Message, Service, ServiceOption

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_FOUND = 30
SHORTEST_PHONE = 4
PHONE = re.compile(r"\+?[\d ().-]*\d{3}[ .)-]+\d{4}")
PHONE_DIGITS = 10


# What this request has read already.
_here: ContextVar[Location | None] = ContextVar("location", default=None)


@contextmanager
def at(location: Location | None) -> Iterator[None]:
    """Within this block the location is known: everybody asks, and one read is enough."""
    token = _here.set(location)
    try:
        yield
    finally:
        _here.reset(token)


def location_or_none() -> Location | None:
    """The clinic's first location; None before anything has been set up."""
    return _here.get() or Location.objects.order_by("position", "name").first()


def location() -> Location:
    """The clinic's first location.

    Raises:
        Location.DoesNotExist: nothing has been set up yet.
    """
    found = location_or_none()
    if found is None:
        raise Location.DoesNotExist
    return found


def price_list() -> QuerySet[Service]:
    """Bookable services, each with its bookable options; two queries."""
    options = ServiceOption.objects.filter(is_active=True).order_by("minutes")
    return (
        Service.objects.filter(is_active=True, options__is_active=True)
        .distinct()
        .prefetch_related(Prefetch("options", queryset=options))
    )


def search_clients(words: str, among: QuerySet[Client] | None = None) -> list[Client]:
    """Clients whose name, e-mail, phone or birth date match every word; no words: the newest.

    `among`: those that the reader may see; without it, all.
    """
    found = (Client.objects.all() if among is None else among).select_related("user")
    if PHONE.fullmatch(words.strip()):  # (845) 555-0177, with its spaces, is one word
        words = "".join(character for character in words if character.isdigit())
        words = words.removeprefix("1") if len(words) > PHONE_DIGITS else words
    for word in words.split()[:6]:
        digits = "".join(character for character in word if character.isdigit())
        match = Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
        match |= Q(email__istartswith=word) | Q(user__email__istartswith=word)
        if len(digits) >= SHORTEST_PHONE:
            match |= Q(phone__contains=digits)
        if born := _birth_date(word):
            match |= Q(birth_date=born)
        found = found.filter(match)
    if not words:
        found = found.order_by("-created_at")
    return list(found[:MOST_FOUND])


def perhaps_the_same(client: Client) -> list[Client]:
    """Other records with the same date of birth and a similar name."""
    name = likeness.Name(client.first_name, client.last_name)
    born_then = Client.objects.filter(birth_date=client.birth_date).exclude(pk=client.pk)
    return [
        other
        for other in born_then.select_related("user")
        if likeness.are_alike(name, likeness.Name(other.first_name, other.last_name))
    ][:MOST_FOUND]


def merges_of(client: Client) -> QuerySet[ClientMerge]:
    """What was joined with this record and still is, newest first."""
    return client.merges.filter(undone_at=None).select_related("merged", "done_by").defer("record")


def _birth_date(word: str) -> date | None:
    for pattern in ("%m/%d/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(word, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def outbox() -> QuerySet[Message]:
    """Messages, what failed first, then newest; the sign-in codes stay out of it."""
    failed = Case(When(status=Message.Status.FAILED, then=0), default=1)
    return (
        Message.objects.filter(is_secret=False)
        .select_related("client")
        .annotate(rank=failed)
        .order_by("rank", "-created_at")
    )
