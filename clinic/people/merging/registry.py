"""What each app says about its rows when two records are merged. No app is imported from here.

    registry.register("booking", MergeRules(...))      in an AppConfig.ready

Rows with a foreign key to a client move by themselves (`rows.py`). An app says the rest: what the
page shows of a record, what must not be merged, and what belongs to what on unmerging.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from django.db.models import Model
    from django_stubs_ext import StrOrPromise

    from clinic.errors import DomainError
    from clinic.models import Client
    from clinic.people.merging.changes import Changes


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the page that compares two records."""

    label: StrOrPromise
    value: str


@dataclass(frozen=True, slots=True)
class Dependent:
    """Rows whose client is that of another row: they are never separated from it.

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
class MergeRules:
    facts: Callable[[Client], Sequence[Fact]] = _no_facts
    # Why these two must not be merged as they are.
    objection: Callable[[Client, Client], DomainError | None] = _no_objection
    # Before rows move: what must change so that one record can hold them all.
    prepare: Callable[[Client, Client, Changes], None] = _nothing
    dependents: Sequence[Dependent] = ()


_rules: dict[str, MergeRules] = {}


def register(app: str, rules: MergeRules) -> None:
    _rules[app] = rules


def all_rules() -> Iterator[MergeRules]:
    """From clinic up: apps get ready from the top down (INSTALLED_APPS)."""
    return reversed(_rules.values())


def dependents() -> Iterator[Dependent]:
    return (one for rules in all_rules() for one in rules.dependents)


def facts(client: Client) -> list[Fact]:
    return [fact for rules in all_rules() for fact in rules.facts(client)]


def objection(one: Client, other: Client) -> DomainError | None:
    return next((found for rules in all_rules() if (found := rules.objection(one, other))), None)
