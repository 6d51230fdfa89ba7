"""Recent answers of this process, each valid until an instant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable

    from booking.times.versions import Versions

Answer = TypeVar("Answer")


class AnswerCache(Generic[Answer]):
    """A few answers about the current diary. When it changes, all are dropped."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._cached: tuple[Versions | None, dict[Hashable, tuple[float, float, Answer]]]
        self._cached = (None, {})

    def get(self, versions: Versions, key: Hashable, now: float) -> Answer | None:
        """The answer to this question, if it was given before `now` and is still valid."""
        cached_under, answers = self._cached
        found = answers.get(key) if cached_under == versions else None
        return found[2] if found and found[0] <= now < found[1] else None

    def store(
        self, versions: Versions, key: Hashable, answer: Answer, *, since: float, until: float
    ) -> None:
        cached_under, answers = self._cached
        if cached_under != versions or len(answers) >= self.size:
            answers = {}
            self._cached = (versions, answers)  # atomically: other threads read it
        answers[key] = (since, until, answer)
