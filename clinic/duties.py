"""Rows that stand for work a worker has to do.

    due -> claimed -> done, or due again later

The row is the duty; Celery only triggers it. A worker claims a row by one UPDATE that is
committed before the work begins, so no lock is held while it works. What it reports counts only
while the claim is still its own. `sweep` finds what the broker lost and what a dead worker left.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from clinic.models.base import Duty

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from celery import Task
    from django.db.models import QuerySet

STALE = timedelta(minutes=6)  # above the time limit of every task: that worker is gone
LOST = timedelta(seconds=20)  # due for this long: the task that was queued for it is lost
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
BATCH = 200

_Row = TypeVar("_Row", bound=Duty)


def fresh(due_at: datetime | None = None) -> dict[str, Any]:
    """The fields of work that no one has tried yet."""
    return {
        "work_due_at": due_at or timezone.now(),
        "work_claimed_at": None,
        "work_attempts": 0,
    }


def start_over(row: Duty) -> None:
    """As `fresh`, on a row that is locked and about to be saved."""
    vars(row).update(fresh())


def due(rows: QuerySet[_Row], *, since: timedelta = timedelta(0)) -> QuerySet[_Row]:
    """Those of `rows` that a worker may claim, because no one is working on them."""
    now = timezone.now()
    free = Q(work_claimed_at=None) | Q(work_claimed_at__lt=now - STALE)
    return rows.filter(free, work_due_at__lte=now - since)


def overdue(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Those whose task was lost, or whose worker died."""
    return due(rows, since=LOST)


def stale(rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Those whose worker died."""
    return rows.filter(work_claimed_at__lt=timezone.now() - STALE)


def claim(rows: QuerySet[_Row], pk: object, **marks: Any) -> _Row | None:
    """Take one of `rows` to work on; None if it is done, not due, or another worker has it."""
    now = timezone.now()
    with transaction.atomic(durable=True):  # committed when this returns
        claimed = due(rows).filter(pk=pk)
        if not claimed.update(work_claimed_at=now, work_attempts=F("work_attempts") + 1, **marks):
            return None
    return rows.model._default_manager.filter(pk=pk, work_claimed_at=now).first()


def held(row: _Row) -> QuerySet[_Row]:
    """The row while the claim is still ours."""
    rows: QuerySet[_Row] = type(row)._default_manager.filter(pk=row.pk)
    return rows.filter(work_claimed_at=row.work_claimed_at)


def lock(row: _Row) -> _Row | None:
    """The row as it is now, locked to write down what was done; None if the claim is lost."""
    return held(row).select_for_update(no_key=True).first()


def done(row: _Row, **marks: Any) -> bool:
    """Report the work as done; False if the claim is lost, and then nothing is written."""
    marks = {"work_claimed_at": None, "updated_at": timezone.now()} | marks
    return bool(held(row).update(**marks))


def put_back(row: _Row, **marks: Any) -> bool:
    """Leave the work for another try, after a wait that grows with each; False as for `done`."""
    return done(row, **{"work_due_at": timezone.now() + wait(row.work_attempts)} | marks)


def wait(attempts: int) -> timedelta:
    return min(FIRST_WAIT * (1 << min(attempts, 10)), LONGEST_WAIT)


@contextmanager
def trying(row: _Row, **marks: Any) -> Iterator[None]:
    """If the work fails, it is put back."""
    try:
        yield
    except Exception:
        put_back(row, **marks)
        raise


def sweep(rows: QuerySet[_Row], task: Task[Any, Any], *, since: timedelta = LOST) -> None:
    """Queue the task again for each of `rows` that should have been done by now."""
    waiting = due(rows, since=since).order_by("work_due_at")
    for pk in waiting.values_list("pk", flat=True)[:BATCH]:
        task.delay(str(pk))
