"""Work that waits in a table: claimed once, reported once, found again when its worker dies."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from clinic import duties
from clinic.models import Message
from tests.booking.racing import all_at_once

if TYPE_CHECKING:
    from django.db.models import QuerySet

Status = Message.Status


def rows() -> QuerySet[Message]:
    return Message.objects.all()


@pytest.fixture
def row(db: None) -> Message:
    return Message.objects.create(key="one", kind="test", recipient="ana@example.test")


def claimed(row: Message) -> Message:
    mine = duties.claim(rows(), row.pk)
    assert mine is not None
    return mine


def later(**delay: float) -> time_machine.travel:
    return time_machine.travel(timezone.now() + timedelta(**delay), tick=True)


def test_it_is_claimed_once_with_its_marks(row: Message) -> None:
    mine = duties.claim(rows(), row.pk, status=Status.IN_FLIGHT)
    assert mine is not None
    assert (mine.status, mine.work_attempts) == (Status.IN_FLIGHT, 1)
    assert duties.claim(rows(), row.pk) is None


def test_what_is_not_due_or_not_among_the_rows_is_not_claimed(row: Message) -> None:
    assert duties.claim(rows().filter(status=Status.SENT), row.pk) is None
    rows().update(work_due_at=timezone.now() + timedelta(minutes=1))
    assert duties.claim(rows(), row.pk) is None
    with later(minutes=1):
        assert duties.claim(rows(), row.pk) is not None


@pytest.mark.django_db(transaction=True)
def test_a_claim_is_committed_before_the_work_begins(row: Message) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        duties.claim(rows(), row.pk)


@pytest.mark.django_db(transaction=True)
def test_of_workers_that_race_one_has_it(row: Message) -> None:
    taken = all_at_once(4, lambda _number: "no" if duties.claim(rows(), row.pk) is None else "yes")
    assert sorted(taken) == ["no", "no", "no", "yes"]


def test_a_worker_whose_claim_is_lost_reports_nothing(row: Message) -> None:
    slow = claimed(row)
    with later(minutes=5):
        assert duties.claim(rows(), row.pk) is None
    with later(minutes=7):
        quick = claimed(row)
    assert not duties.done(slow, status=Status.FAILED)
    assert not duties.put_back(slow)
    assert duties.lock(slow) is None
    assert duties.done(quick, status=Status.SENT)
    row.refresh_from_db()
    assert (row.status, row.work_claimed_at, row.work_attempts) == (Status.SENT, None, 2)


@pytest.mark.parametrize(
    ("attempts", "minutes"), [(1, 1), (2, 2), (5, 16), (6, 32), (7, 60), (30_000, 60)]
)
def test_the_wait_grows_with_each_try_up_to_an_hour(attempts: int, minutes: int) -> None:
    assert duties.wait(attempts) == timedelta(minutes=minutes)


def test_work_that_fails_is_put_back_and_waits(row: Message) -> None:
    mine = claimed(row)
    with pytest.raises(ZeroDivisionError), duties.trying(mine, status=Status.QUEUED):
        raise ZeroDivisionError
    assert duties.claim(rows(), row.pk) is None
    with later(minutes=1):
        assert claimed(row).work_attempts == 2


def test_what_the_broker_has_only_just_been_given_is_not_overdue(row: Message) -> None:
    assert duties.due(rows()).exists()
    assert not duties.overdue(rows()).exists()
    with later(seconds=21):
        assert duties.overdue(rows()).exists()


def test_work_that_starts_over_has_not_been_tried(row: Message) -> None:
    mine = claimed(row)
    duties.start_over(mine)
    mine.save()
    assert claimed(row).work_attempts == 1


def test_a_claim_outlives_every_task() -> None:
    assert duties.STALE.total_seconds() > settings.CELERY_TASK_TIME_LIMIT
