"""What was measured of a client's activities, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from treatment.function import scale
from treatment.models import Activity, FunctionMeasure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from decimal import Decimal

    from clinic.models import Client
    from treatment.function.scale import Moved

SHOWN = 6  # measures in a table: the first and the last five


@dataclass(frozen=True, slots=True)
class Measure:
    """The last measure of one day."""

    on: date
    scores: Mapping[str, int]
    moved: Moved | None = None  # since the first

    @property
    def mean(self) -> Decimal | None:
        return scale.mean(self.scores.values())


@dataclass(frozen=True, slots=True)
class Line:
    """One activity and its score at each of the measures shown."""

    activity: Activity
    scores: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class History:
    """Oldest first. Without measures it holds the activities, if there are any."""

    activities: Sequence[Activity]
    measures: Sequence[Measure]

    @property
    def shown(self) -> Sequence[Measure]:
        few = len(self.measures) <= SHOWN
        return self.measures if few else [self.measures[0], *self.measures[1 - SHOWN :]]

    @property
    def lines(self) -> list[Line]:
        made = []
        for one in self.activities:
            scores = tuple(measure.scores.get(str(one.pk)) for measure in self.shown)
            if any(score is not None for score in scores):
                made.append(Line(one, scores))
        return made

    @property
    def first(self) -> Measure | None:
        return self.measures[0] if self.measures else None

    @property
    def last(self) -> Measure | None:
        return self.measures[-1] if len(self.measures) > 1 else None


def asked(client: Client) -> list[Activity]:
    """What is asked about now, in the order it was added."""
    return list(client.activities.filter(ended_at=None))


def is_kept(client: Client, token: str) -> bool:
    """Whether a form was sent before."""
    try:
        known = UUID(token)
    except ValueError:
        return False
    return FunctionMeasure.objects.filter(client=client, form_token=known).exists()


def history_of(client: Client, since: date | None = None, until: date | None = None) -> History:
    """Measures of these days at the clinic, both included; all of them without. Two queries."""
    rows = FunctionMeasure.objects.filter(client=client)
    if since is not None:
        rows = rows.filter(on__gte=since)
    if until is not None:
        rows = rows.filter(on__lte=until)
    by_day = {row.on: row.scores for row in rows.order_by("on", "created_at")}
    first = next(iter(by_day.values()), {})
    measures = [
        Measure(on, scores, scale.moved(first, scores) if place else None)
        for place, (on, scores) in enumerate(by_day.items())
    ]
    return History(list(client.activities.all()), measures)
