"""What changed for a client between two days, for a letter: pain, function, and typical relief."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from treatment.function import selectors as function
from treatment.outcomes import selectors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from clinic.models import Client
    from treatment.function.scale import Band
    from treatment.notes.relief import Relief


@dataclass(frozen=True, slots=True)
class Change:
    """`pain_*`: 0 to 10, before the first and the last visit whose note says it.

    `function_*`: means of the patient-specific functional scale, 0 (unable) to 10 (able as
    before), to one decimal, over the activities that both measures have; `band` is between them.
    Of one score or measure alone, `*_last` is None: nothing can be compared.
    """

    pain_first: int | None = None
    pain_last: int | None = None
    function_first: Decimal | None = None
    function_last: Decimal | None = None
    band: Band | None = None
    relief_typical: Relief | None = None


def of(client: Client, since: date, until: date) -> Change:
    """Visits and measures of these days at the clinic, both included."""
    rows = selectors.rows_between(client, since, until)
    pain = ends([row.before for row in rows])
    return Change(*pain, *_function(client, since, until), selectors.typical_of(rows)[0])


def _function(
    client: Client, since: date, until: date
) -> tuple[Decimal | None, Decimal | None, Band | None]:
    history = function.history_of(client, since, until)
    moved = history.last.moved if history.last else None
    if moved is not None:
        return moved.first, moved.last, moved.band
    return history.first.mean if history.first else None, None, None


def ends(scores: Sequence[int | None]) -> tuple[int | None, int | None]:
    """The first and the last that are known; a single one is the first."""
    known = [score for score in scores if score is not None]
    return (known[0] if known else None, known[-1] if len(known) > 1 else None)
