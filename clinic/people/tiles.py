"""What the client's page says first: what is dangerous, what is next, what is owed, what is left.

The apps above hand it down, since nothing is imported from them, and it is all in the first
response, so that nothing on the page moves:

tiles.register("visit", read)     in the AppConfig.ready of the app that knows
tiles.register_alerts(read)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django_stubs_ext import StrOrPromise

    from clinic.models import Client, User

    ReadTile = Callable[[User, Client], "Tile | None"]
    ReadAlerts = Callable[[User, Client], Iterable["Alert"]]

ORDER = ("visit", "balance", "order")
STOP, WARN, INFO = "danger", "warning", "info"


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of the page; `template` is filled in with `shown`, as `tile`."""

    template: str
    shown: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Alert:
    """What nobody may overlook, by its title: no answers of the client."""

    tone: str  # STOP, WARN or INFO
    title: StrOrPromise
    text: StrOrPromise = ""
    url: str = ""
    link: StrOrPromise = ""


_tiles: dict[str, ReadTile] = {}
_alerts: list[ReadAlerts] = []


def register(name: str, read: ReadTile) -> None:
    """Register one of `ORDER`: a constant number of queries; None: not for this reader."""
    if name not in ORDER:
        raise ValueError(name)
    _tiles[name] = read


def register_alerts(read: ReadAlerts) -> None:
    if read not in _alerts:
        _alerts.append(read)


def of(user: User, client: Client) -> list[Tile]:
    found = (_tiles[name](user, client) for name in ORDER if name in _tiles)
    return [tile for tile in found if tile is not None]


def alerts_of(user: User, client: Client) -> list[Alert]:
    """The gravest first."""
    found = [alert for read in _alerts for alert in read(user, client)]
    return sorted(found, key=lambda alert: (STOP, WARN, INFO).index(alert.tone))
