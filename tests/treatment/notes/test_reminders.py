"""Notes that are not signed: a mail on the morning after a day and after three; no one's name."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from clinic.models import Message
from tests.billing.factories import plain_visit
from tests.treatment.factories import hands_of
from tests.treatment.notes.test_services import signed
from treatment.notes import reminders

if TYPE_CHECKING:
    from clinic.models import Client
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client_record: Client) -> Visit:
    """It ended an hour ago; it is three in the afternoon."""
    made = plain_visit(client_record)
    hands_of(made.appointment)
    return made


def after(hours: float) -> list[str]:
    """The bodies of what is queued so many hours from now."""
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        before = set(Message.objects.values_list("pk", flat=True))
        reminders.remind()
        return list(Message.objects.exclude(pk__in=before).values_list("body", flat=True))


@pytest.mark.parametrize(
    ("hours", "is_told"),
    [(2, False), (18, False), (40, False), (42, True), (66, False), (90, True), (114, False)],
)
def test_after_a_day_and_after_three(visit: Visit, hours: int, *, is_told: bool) -> None:
    assert bool(after(hours)) is is_told


def test_it_says_how_many_and_nobodys_name(visit: Visit, other_client: Client) -> None:
    plain_visit(other_client, hours_ago=4)
    (body,) = after(42)
    assert "2 sessions of yours" in body
    assert "/desk/today/" in body
    assert "Lima" not in body
    assert "Haddad" not in body


def test_it_is_said_once_a_day(visit: Visit) -> None:
    assert len(after(42)) == 1
    assert after(43) == []
    assert after(66) == []  # nor the day after


def test_nobody_is_written_to_at_night(visit: Visit) -> None:
    assert after(39) == []  # six in the morning


def test_what_is_signed_is_not_asked_for(visit: Visit) -> None:
    signed(hands_of(visit.appointment), visit)
    assert after(42) == []
