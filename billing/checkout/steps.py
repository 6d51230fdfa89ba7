"""From minutes to money, line by line, as check-out shows it. Pure, but for `steps_of`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from billing import selectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from billing.models import Charge, Procedure
    from billing.pricing import Line
    from billing.selectors import Bill
    from clinic.models import Technique
    from treatment.models import Visit, VisitMinutes


@dataclass(frozen=True, slots=True)
class Part:
    """Minutes of one technique."""

    technique: Technique
    minutes: int


@dataclass(frozen=True, slots=True)
class Step:
    """A line of a bill, and the minutes by technique that it is made of."""

    line: Charge | Line
    parts: Sequence[Part]

    @property
    def is_plain(self) -> bool:
        """Its minutes say nothing that the line does not."""
        return len(self.parts) == 1 and self.parts[0].technique.name == self.line.description


def steps_of(visit: Visit, bill: Bill) -> list[Step]:
    """Of a bill that was read with its visit; one query, none for a session without codes."""
    minutes = list(visit.minutes.all())
    coded = any(line.procedure_id for line in bill.lines)
    procedures = selectors.procedures([row.technique for row in minutes]) if coded else {}
    return steps(bill.lines, minutes, procedures)


def steps(
    lines: Sequence[Charge | Line],
    minutes: Sequence[VisitMinutes],
    procedures: Mapping[UUID, Procedure],
) -> list[Step]:
    """Each line with what was recorded for it; `procedures` are those of the techniques.

    A session that is billed without codes is one line, made of all that was recorded. Reserved
    time is made of nothing. A technique that has moved to another procedure since is shown where
    the minutes of its line say it was counted, or nowhere.
    """
    return [Step(line, _parts(line, minutes, procedures)) for line in lines]


def _parts(
    line: Charge | Line, minutes: Sequence[VisitMinutes], procedures: Mapping[UUID, Procedure]
) -> list[Part]:
    if not line.minutes:
        return []
    if not line.is_eligible:
        found = [Part(row.technique, row.outside) for row in minutes if row.outside]
    elif line.procedure_id is None:
        found = [Part(row.technique, row.minutes) for row in minutes]
    else:
        found = [
            Part(row.technique, row.ordered)
            for row in minutes
            if row.technique_id in procedures
            and procedures[row.technique_id].pk == line.procedure_id
        ]
    return found if sum(row.minutes for row in found) == line.minutes else []
