"""What a therapist's day says of each visit before it begins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from tests.billing.factories import plain_visit
from tests.factories import make_client
from tests.prescriptions.factories import reviewer
from tests.treatment.factories import earlier_today, hands_of, ready_appointment
from tests.treatment.notes.test_services import signed
from treatment import services
from treatment.day import before

if TYPE_CHECKING:
    from django.test import Client as Browser

    from booking.models import Appointment
    from clinic.models import Client, Therapist

pytestmark = pytest.mark.django_db
TODAY = "treatment:today"


@pytest.fixture
def appointment(client_record: Client, therapists: list[Therapist]) -> Appointment:
    """Ordered by a physician, and on a blood thinner."""
    return ready_appointment(
        client_record, therapist=therapists[0], answers={"blood_thinner": "yes"}
    )


def test_a_card_says_what_to_look_out_for_what_is_ordered_and_what_was_done(
    as_therapist: Browser, client_record: Client, appointment: Appointment
) -> None:
    last = plain_visit(client_record, hours_ago=24 * 7)
    signed(hands_of(last.appointment), last)
    page = as_therapist.get(reverse(TODAY)).text
    assert "Watch out" in page
    assert "Cervicalgia (M54.2)" in page
    assert "Visit 1 of" in page
    assert "Pain 4 → 4." in page
    assert page.count("As it is") == 2  # what was treated, and the plan


def test_a_card_says_what_the_client_hopes_for_and_how_they_like_it(
    as_therapist: Browser, client_record: Client, therapists: list[Therapist]
) -> None:
    said = {
        "goals": ["sleep"],
        "goal_words": "Carry my grandson",
        "pressure": "firm",
        "avoid": ["feet"],
        "avoid_words": "The scar on my back",
    }
    client_record.pronouns = "she/her"
    client_record.save()
    visit = ready_appointment(client_record, therapist=therapists[0], answers=said)
    found = before.of_all([visit], timezone.localdate())[visit.pk].said
    assert [str(one) for one in found.goals] == ["Better sleep", "Carry my grandson"]
    assert [str(one) for one in found.avoid] == ["Feet", "The scar on my back"]
    page = as_therapist.get(reverse(TODAY)).text
    for words in ("she/her", "Firm", "Better sleep, Carry my grandson", "The scar on my back"):
        assert words in page


def test_who_is_here_is_marked(as_therapist: Browser, appointment: Appointment) -> None:
    assert "Here since" not in as_therapist.get(reverse(TODAY)).text
    services.check_in(actor=reviewer(), appointment=appointment)
    assert "Here since 3:00 pm" in as_therapist.get(reverse(TODAY)).text


def test_an_answer_is_told_to_who_treats_alone(
    as_desk: Browser, as_therapist: Browser, appointment: Appointment
) -> None:
    found = before.of_all([appointment], timezone.localdate())[appointment.pk]
    assert len(found.said.cautions) == 1
    caution = str(found.said.cautions[0])
    assert caution in as_therapist.get(reverse(TODAY)).text
    assert caution not in as_desk.get("/desk/").text


def test_seeing_it_is_recorded_once(as_therapist: Browser, appointment: Appointment) -> None:
    for _ in range(2):
        as_therapist.get(reverse(TODAY))
    [row] = AuditEvent.objects.filter(action="treatment.listed")
    assert row.client_id == appointment.client_id


def test_somebody_new_without_an_order_has_a_plain_card(
    as_therapist: Browser, client_record: Client, therapists: list[Therapist]
) -> None:
    plain = ready_appointment(client_record, therapist=therapists[0], ready=False)
    found = before.of_all([plain], timezone.localdate())[plain.pk]
    assert (found.order, found.last, list(found.said.cautions)) == (None, None, [])
    assert as_therapist.get(reverse(TODAY)).status_code == 200


def test_more_visits_take_no_more_queries(
    as_therapist: Browser, appointment: Appointment, therapists: list[Therapist]
) -> None:
    as_therapist.get(reverse(TODAY))
    counts = []
    for number in range(2):
        with CaptureQueriesContext(connection) as queries:
            as_therapist.get(reverse(TODAY))
        counts.append(len(queries))
        ready_appointment(
            make_client("Bea", f"Number{number}"),
            therapist=therapists[0],
            starts_at=earlier_today(4 + 2 * number),
        )
        as_therapist.get(reverse(TODAY))  # whom it lists for the first time is written down
    assert counts[0] == counts[1]
