"""Nothing is read twice: what a whole booking asks of the database."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booking.models import Appointment
from clinic.models import AuditEvent, Message
from tests.booking.visitor.test_visitor_flow import ANA

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import ServiceOption, Therapist

pytestmark = pytest.mark.django_db

CONTROL = re.compile("SAVEPOINT|RELEASE|BEGIN|COMMIT")


@pytest.mark.parametrize("kind", ["therapeutic", "medical"])
def test_a_new_visitor_books_in_few_statements(
    anonymous: Browser,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
    kind: str,
) -> None:
    """The hold and the last button, with all around them: session, clinic, client, message."""
    times = reverse("booking:time", args=[options[kind, 60].pk])
    anonymous.get(times)  # from now on the rules are known
    with CaptureQueriesContext(connection) as seen:
        assert anonymous.post(times, {"start": ten.isoformat()}).status_code == 302
        assert anonymous.post("/book/details/", ANA).status_code == 302
    asked = [query["sql"] for query in seen.captured_queries]
    assert len([sql for sql in asked if not CONTROL.match(sql)]) <= 30
    visit = Appointment.objects.get()
    assert visit.blocked.upper
    extra = visit.option.buffer_after + visit.option.first_visit_extra
    assert (visit.blocked.upper - visit.ends_at).seconds == 60 * extra
    assert Message.objects.filter(about=visit.pk).count() == 1
    assert AuditEvent.objects.filter(action="appointment.booked").count() == 1
