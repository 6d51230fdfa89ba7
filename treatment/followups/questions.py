"""The two questions about a visit, as a page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treatment.followups import rules, selectors
from treatment.notes.relief import Answer

if TYPE_CHECKING:
    from datetime import date

    from treatment.models import FollowUp, Visit

SCORES = tuple(range(rules.WORST + 1))


@dataclass(frozen=True, slots=True)
class Questions:
    day: date
    answers: list[Answer]  # that are possible by now
    relief: Answer | None = None
    pain: int | None = None
    scores: tuple[int, ...] = SCORES

    @property
    def is_done(self) -> bool:
        return self.relief is not None and self.pain is not None


def of(visit: Visit, told: FollowUp | None) -> Questions:
    day = visit.appointment.local_date
    answers = rules.possible(day, selectors.today_at(visit))
    if told is None:
        return Questions(day, answers)
    relief = Answer(told.relief) if told.relief else None
    return Questions(day, answers, relief, rules.score(told.pain))
