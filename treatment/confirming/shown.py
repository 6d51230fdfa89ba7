"""What a client is shown of a visit, and the hash of exactly that. Pure."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Shown:
    """Day, times, and minutes by technique; nothing else."""

    started_at: datetime
    stopped_at: datetime
    minutes: list[tuple[str, int]]

    @property
    def total(self) -> int:
        return sum(count for _technique, count in self.minutes)


def of(figures: Mapping[str, Any]) -> Shown | None:
    """`figures`: of `sessions.figures`; None while nothing is recorded."""
    if not figures.get("started") or not figures.get("stopped"):
        return None
    return Shown(
        datetime.fromisoformat(figures["started"]),
        datetime.fromisoformat(figures["stopped"]),
        [(row["name"], row["minutes"]) for row in figures["minutes"]],
    )


def hash_of(figures: Mapping[str, Any]) -> str:
    text = json.dumps(figures, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
