"""Consents in effect, wherever they are stored. Each app registers its own.

consents.register("intake", given_at_intake)      in an AppConfig.ready
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from clinic.models import Client

    Source = Callable[[Client], Iterable["Given"]]


@dataclass(frozen=True, slots=True)
class Given:
    """One consent as its page shows it."""

    title: StrOrPromise
    text: str
    signed_name: str
    relationship: str  # blank: the client in person
    signed_at: datetime
    withdraw_url: str = ""  # empty: cannot be withdrawn with a button; the client calls


_sources: dict[str, Source] = {}


def register(name: str, source: Source) -> None:
    _sources[name] = source


def given(client: Client) -> list[Given]:
    """Newest first."""
    found = [one for source in _sources.values() for one in source(client)]
    return sorted(found, key=lambda one: one.signed_at, reverse=True)
