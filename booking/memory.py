"""Answers that this process has given lately, each good until an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

Answer = TypeVar("Answer")


class Memory(Generic[Answer]):
    """A handful of answers. What they hang on is part of their key, so none is ever taken back."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: dict[Hashable, tuple[float, float, Answer]] = {}

    def get(self, key: Hashable, now: float) -> Answer | None:
        """The answer under this key, if it was given before `now` and is still good."""
        known = self._known.get(key)
        return known[2] if known and known[0] <= now < known[1] else None

    def keep(self, key: Hashable, answer: Answer, *, since: float, until: float) -> None:
        if len(self._known) >= self.size:  # most are out of date by then
            self._known.clear()
        self._known[key] = (since, until, answer)
