"""Therapists reach the clients they treat; billers reach money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment
from clinic import access
from clinic.models import Room
from tests.booking.factories import at, booked_appointment, held_time
from tests.intake.factories import completed_intake, loaded_questionnaire
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, Therapist, User


def sees(user: User, client: Client) -> bool:
    try:
        return access.client(user, client.pk) == client
    except Http404:
        return False


@pytest.mark.parametrize(
    ("status", "opens"),
    [
        ("booked", True),
        ("arrived", True),
        ("fulfilled", True),
        ("noshow", True),
        ("cancelled", False),
    ],
)
def test_a_visit_that_was_not_called_off_opens_the_record(
    therapist: Therapist, therapist_user: User, client_record: Client, status: str, opens: bool
) -> None:
    assert not sees(therapist_user, client_record)
    booked_appointment(client_record, therapist=therapist, status=status)
    assert sees(therapist_user, client_record) == opens


def test_a_visit_given_to_a_colleague_takes_the_record_along(
    in_care: Appointment, therapists: list[Therapist], therapist_user: User, client_record: Client
) -> None:
    assert sees(therapist_user, client_record)
    Appointment.objects.update(therapist=therapists[1])
    assert not sees(therapist_user, client_record)


def test_a_time_that_is_only_held_opens_nothing(
    location: Location, therapist: Therapist, therapist_user: User
) -> None:
    held_time(at(location), therapist=therapist)
    assert not access.clients_seen_by(therapist_user).exists()


def test_without_a_diary_a_therapist_treats_nobody(
    in_care: Appointment,
    therapist_user: User,
    client_record: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(access, "_treated_by", access._nobody)
    assert not sees(therapist_user, client_record)


def test_the_search_finds_a_therapists_own_clients_only(
    as_therapist: Browser, as_desk: Browser, in_care: Appointment, other_client: Client
) -> None:
    for words in ("", "a", "omar", "haddad"):
        assert "Haddad" not in as_therapist.post("/desk/clients/", {"q": words}).text
    assert "Lima" in as_therapist.post("/desk/clients/", {"q": "lima"}).text
    assert "Haddad" in as_desk.post("/desk/clients/", {"q": "omar"}).text


def test_a_strangers_record_prescription_answers_and_visit_do_not_exist(
    as_therapist: Browser,
    in_care: Appointment,
    therapists: list[Therapist],
    other_client: Client,
) -> None:
    loaded_questionnaire()
    theirs = booked_appointment(other_client, therapist=therapists[1], starts_at=timezone.now())
    prescription = approved_prescription(other_client)
    response = completed_intake(other_client, blood_clot="unsure")
    for name, pk in [
        ("client-detail", other_client.pk),
        ("billing:client-visits", other_client.pk),
        ("booking:waitlist-client-panel", other_client.pk),
        ("prescriptions:client-panel", other_client.pk),
        ("intake:client-panel", other_client.pk),
        ("billing:client-panel", other_client.pk),
        ("prescriptions:review", prescription.pk),
        ("prescriptions:document", prescription.pk),
        ("intake:desk-response", response.pk),
        ("booking:appointment", theirs.pk),
        ("treatment:panel", theirs.pk),
        ("billing:panel", theirs.pk),
    ]:
        assert as_therapist.get(reverse(name, args=[pk])).status_code == 404, name
    marked = as_therapist.post(
        reverse("booking:appointment-mark", args=[theirs.pk]), {"status": "noshow"}
    )
    assert marked.status_code == 404
    theirs.refresh_from_db()
    assert theirs.status == "booked"
    assert "Haddad" not in as_therapist.get("/desk/intake/").text


def test_the_board_shows_a_therapist_that_colleagues_are_busy_not_with_whom(
    as_therapist: Browser,
    as_desk: Browser,
    in_care: Appointment,
    therapists: list[Therapist],
    other_client: Client,
) -> None:
    theirs = booked_appointment(
        other_client,
        therapist=therapists[1],
        starts_at=in_care.starts_at,
        room=Room.objects.exclude(pk=in_care.room_id)[0],
    )
    asked = {"day": str(in_care.local_date), "open": str(theirs.pk)}
    page = as_therapist.get("/desk/", asked).text
    assert "Ana Lima" in page
    assert "Busy" in page
    assert "Haddad" not in page
    assert str(theirs.pk) not in page
    assert "Haddad" in as_desk.get("/desk/", asked).text


def test_the_review_shows_a_therapist_nobody_elses_prescriptions(
    as_therapist: Browser, in_care: Appointment, client_record: Client, other_client: Client
) -> None:
    mine = approved_prescription(client_record)
    submitted_prescription(other_client)
    page = as_therapist.get(reverse("prescriptions:review", args=[mine.pk])).text
    assert "Ana Lima" in page
    assert "Haddad" not in page


def test_a_biller_sees_contact_money_and_prescriptions_and_nothing_of_care(
    as_biller: Browser, in_care: Appointment, client_record: Client
) -> None:
    prescription = approved_prescription(client_record)
    assert as_biller.get("/accounts/done/")["Location"] == "/desk/money/"
    page = as_biller.get(reverse("client-detail", args=[client_record.pk])).text
    assert "ana@example.test" in page
    assert reverse("billing:client-panel", args=[client_record.pk]) in page
    hidden = reverse("intake:client-panel", args=[client_record.pk])
    assert hidden not in page
    assert as_biller.get(hidden).status_code == 403
    visits = as_biller.get(reverse("billing:client-visits", args=[client_record.pk])).text
    assert "/desk/?day=" not in visits
    review = reverse("prescriptions:review", args=[prescription.pk])
    assert "Put it back" not in as_biller.get(review).text
    assert as_biller.post(review, {"decision": "reject"}).status_code == 403
    money = as_biller.get(reverse("billing:panel", args=[in_care.pk]))
    assert "/desk/money/?day=" in money.text
    for path in ("/desk/", "/desk/intake/", "/desk/diary/", "/desk/messages/", "/desk/today/"):
        assert as_biller.get(path).status_code == 403, path
