"""What a letter may say of a span of days."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from tests.treatment.outcomes.test_progress import noted
from treatment.notes.relief import Relief
from treatment.outcomes import change

if TYPE_CHECKING:
    from clinic.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def days(client_record: Client) -> list[date]:
    """Three visits: pain 7, then 5, then not said; the third tells of the second."""
    made = [
        noted(client_record, 24 * 14 + 2, pain_now="7", pain_after="3"),
        noted(client_record, 24 * 7 + 2, pain_now="5", pain_after="4", relief="4-7"),
        noted(client_record, 26, pain_now="not-said", pain_after="2", relief="still"),
    ]
    return [visit.appointment.local_date for visit in made]


def test_from_the_first_to_the_last_that_was_said(client_record: Client, days: list[date]) -> None:
    found = change.of(client_record, days[0], days[2])
    assert (found.pain_first, found.pain_last) == (7, 5)
    assert found.relief_typical == Relief(5.75)


def test_both_days_count_and_no_others(client_record: Client, days: list[date]) -> None:
    one = change.of(client_record, days[1], days[1])
    assert (one.pain_first, one.pain_last) == (5, None)
    assert one.relief_typical is None  # told after these days
    before = change.of(client_record, days[0] - timedelta(days=9), days[0] - timedelta(days=1))
    assert before == change.Change()


def test_of_somebody_else_nothing(other_client: Client, days: list[date]) -> None:
    assert change.of(other_client, days[0], timezone.localdate()) == change.Change()
