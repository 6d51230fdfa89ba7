"""Answers that this process has given lately, each good until an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from booking.versions import Versions

Answer = TypeVar("Answer")


class Memory(Generic[Answer]):
    """A handful of answers about the diary as it stands. When it has changed, all are forgotten."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._known: tuple[Versions | None, dict[Hashable, tuple[float, float, Answer]]]
        self._known = (None, {})

    def get(self, versions: Versions, key: Hashable, now: float) -> Answer | None:
        """The answer to this question, if it was given before `now` and is still good."""
        stood, answers = self._known
        known = answers.get(key) if stood == versions else None
        return known[2] if known and known[0] <= now < known[1] else None

    def keep(
        self, versions: Versions, key: Hashable, answer: Answer, *, since: float, until: float
    ) -> None:
        stood, answers = self._known
        if stood != versions or len(answers) >= self.size:
            answers = {}
            self._known = (versions, answers)  # in one piece: other threads read it
        answers[key] = (since, until, answer)
