from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.models import Client, Location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from uuid import UUID


# What this request has read already.
_request_location: ContextVar[Location | None] = ContextVar("location", default=None)


@contextmanager
def with_location(location: Location | None) -> Iterator[None]:
    """Within this block the location is cached: everything asks for it, and one read is enough."""
    token = _request_location.set(location)
    try:
        yield
    finally:
        _request_location.reset(token)


def location_or_none() -> Location | None:
    """The clinic's first location; None before anything has been set up."""
    return _request_location.get() or Location.objects.order_by("position", "name").first()


def location() -> Location:
    """The clinic's first location.

    Raises:
        Location.DoesNotExist: nothing has been set up yet.
    """
    found = location_or_none()
    if found is None:
        raise Location.DoesNotExist
    return found


def clinic_today() -> date:
    """Today's date at the clinic, wherever the user is."""
    found = location_or_none()
    return timezone.localdate(timezone=found.zone if found else None)


# ---- Records that were merged (`clinic.people.merging`) ----


def kept_record_id(pk: UUID | str) -> UUID | str:
    """The id of the record that now replaces this one: usually its own."""
    into = Client.everyone.values_list("merged_into", flat=True)
    try:
        while further := into.filter(pk=pk).first():
            pk = further
    except ValidationError:  # not an id at all
        return pk
    return pk


def record_ids(client: Client) -> list[UUID]:
    """A client's id and those of the records merged into it."""
    found, newest = [client.pk], [client.pk]
    while newest:
        newest = list(Client.everyone.filter(merged_into__in=newest).values_list("pk", flat=True))
        found += newest
    return found
