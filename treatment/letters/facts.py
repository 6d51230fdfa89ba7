"""What a letter tells from the record, and how it is kept once it is signed. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

FORMAT = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    patient: str
    born: date | None
    prescriber: str
    prescriber_npi: str
    written_on: date | None
    order_text: str
    codes: tuple[tuple[str, str], ...]  # as prescribed: code, description
    starts_on: date
    through_on: date
    authorized: int
    visits: tuple[date, ...]
    pain: tuple[int, int] | None = None  # before the first and the latest visit, 0 to 10
    function: tuple[str, str] | None = None  # first and latest mean, 0 to 10
    band: str = ""  # how large the change in function is, in words
    relief: tuple[str, bool] | None = None  # typical days; True: at least
    hurt_first: tuple[str, ...] = ()  # places of the body
    hurt_latest: tuple[str, ...] = ()
    is_hurt_known: bool = False  # both are told by notes
    treated_on: date | None = None  # the visit of the latest signed note
    techniques: tuple[tuple[str, int], ...] = ()  # its techniques and minutes

    @property
    def used(self) -> int:
        return len(self.visits)

    @property
    def through(self) -> date:
        """The last visit it tells of."""
        return max(self.visits)

    @property
    def minutes(self) -> int:
        return sum(minutes for _name, minutes in self.techniques)

    @property
    def gone(self) -> list[str]:
        """Where it hurt at first, and does not any more."""
        return [place for place in self.hurt_first if place not in self.hurt_latest]

    @property
    def new(self) -> list[str]:
        return [place for place in self.hurt_latest if place not in self.hurt_first]

    @property
    def still(self) -> list[str]:
        return [place for place in self.hurt_latest if place in self.hurt_first]

    def as_data(self) -> dict[str, Any]:
        return json.loads(json.dumps(asdict(self), default=date.isoformat))  # type: ignore[no-any-return]

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Facts:
        kept = dict(data)
        for name in ("born", "written_on", "starts_on", "through_on", "treated_on"):
            kept[name] = date.fromisoformat(kept[name]) if kept.get(name) else None
        kept["visits"] = tuple(date.fromisoformat(one) for one in kept["visits"])
        for name in ("codes", "techniques"):
            kept[name] = tuple(tuple(one) for one in kept.get(name, ()))
        for name in ("pain", "function", "relief"):
            kept[name] = tuple(kept[name]) if kept.get(name) else None
        for name in ("hurt_first", "hurt_latest"):
            kept[name] = tuple(kept.get(name, ()))
        return cls(**kept)


def mark_of(facts: Facts) -> str:
    """What a page carries of the record that it showed."""
    return _sha256(facts.as_data())[:32]


def digest(
    *,
    order: UUID,
    why: str,
    facts: Mapping[str, Any],
    said: Mapping[str, str],
    by: UUID,
    name: str,
    at: datetime,
) -> str:
    """The hash of exactly what was signed."""
    signed = {"order": str(order), "why": why, "facts": dict(facts), "said": dict(said)}
    at_utc = at.astimezone(UTC).isoformat(timespec="microseconds")
    who = {"format": FORMAT, "by": str(by), "name": name, "at": at_utc}
    return _sha256(signed | who)


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
