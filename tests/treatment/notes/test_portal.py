"""Clients read their signed notes where the clinic shows them, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Location
from tests.treatment.factories import finished_visit, hands_of
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import add, signed, write
from treatment.models import TreatmentNote

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Therapist
    from treatment.models import Visit

pytestmark = pytest.mark.django_db
PROGRESS = "treatment:portal-progress"


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


def page(visit: Visit) -> str:
    return reverse("treatment:portal-note", args=[TreatmentNote.objects.get(visit=visit).pk])


def test_a_client_reads_what_was_signed_and_added(as_client: Browser, visit: Visit) -> None:
    Location.objects.update(notes_in_portal=True)
    author = hands_of(visit.appointment)
    signed(author, visit)
    add(author, visit, "The knee, too")
    assert page(visit) in as_client.get(reverse(PROGRESS)).text
    shown = as_client.get(page(visit)).text
    assert whole()["findings"] in shown
    assert "The knee, too" in shown
    assert "Add to it" not in shown
    assert AuditEvent.objects.filter(action="note.viewed", client=visit.appointment.client).exists()


def test_where_the_clinic_does_not_show_them_there_is_no_page(
    as_client: Browser, visit: Visit
) -> None:
    signed(hands_of(visit.appointment), visit)
    assert as_client.get(page(visit)).status_code == 404
    assert page(visit) not in as_client.get(reverse(PROGRESS)).text


def test_a_draft_is_nobodys_to_read(as_client: Browser, visit: Visit) -> None:
    Location.objects.update(notes_in_portal=True)
    write(hands_of(visit.appointment), visit)
    assert as_client.get(page(visit)).status_code == 404


def test_a_strangers_note_is_a_404(
    as_other: Browser, as_desk: Browser, as_therapist: Browser, visit: Visit
) -> None:
    Location.objects.update(notes_in_portal=True)
    signed(hands_of(visit.appointment), visit)
    for browser in (as_other, as_desk, as_therapist):
        assert browser.get(page(visit)).status_code == 404
