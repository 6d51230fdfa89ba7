"""What each floor has to say when two records are joined: as for `export.contribute`.

    contribute("booking", Floor(...))      in an AppConfig.ready

Rows with a foreign key to a client move by themselves (`rows.py`). A floor says the rest: what the
page shows of a record, what must not be joined, and what hangs on what when they are parted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.models import Model
    from django_stubs_ext import StrOrPromise

    from clinic.errors import DomainError
    from clinic.merging.changes import Changes
    from clinic.models import Client


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the page that compares two records."""

    label: StrOrPromise
    value: str


@dataclass(frozen=True, slots=True)
class Hanging:
    """Rows whose client is that of another row: they are never parted from it.

    `path` leads from the row to that client. A model without a client of its own is named too if
    it has documents.
    """

    model: type[Model]
    path: str


def _no_facts(_client: Client) -> Sequence[Fact]:
    return ()


def _no_objection(_one: Client, _other: Client) -> DomainError | None:
    return None


def _nothing(_kept: Client, _merged: Client, _changes: Changes) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Floor:
    facts: Callable[[Client], Sequence[Fact]] = _no_facts
    # Why these two must not be joined as they are.
    objection: Callable[[Client, Client], DomainError | None] = _no_objection
    # Before rows move: what must change so that one record can hold them all.
    prepare: Callable[[Client, Client, Changes], None] = _nothing
    hanging: Sequence[Hanging] = ()


_floors: dict[str, Floor] = {}


def contribute(name: str, floor: Floor) -> None:
    _floors[name] = floor


def each() -> Iterator[Floor]:
    """From the ground up: apps get ready from the top down (INSTALLED_APPS)."""
    return reversed(_floors.values())


def hanging() -> Iterator[Hanging]:
    return (one for floor in each() for one in floor.hanging)


def facts(client: Client) -> list[Fact]:
    return [fact for floor in each() for fact in floor.facts(client)]


def objection(one: Client, other: Client) -> DomainError | None:
    return next((found for floor in each() if (found := floor.objection(one, other))), None)
