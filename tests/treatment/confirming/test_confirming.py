"""The client says "this is what we did": for what was shown, and nobody says it for them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Payer
from clinic.rotation import keys
from clinic.rotation import services as rotation
from tests.treatment.factories import finished_visit, hands_of, started_visit
from tests.treatment.notes.test_pdf import correct, words
from tests.treatment.notes.test_services import signed
from treatment import own_data, sessions, takebacks
from treatment.confirming import selectors, services, shown
from treatment.confirming.errors import (
    NothingToConfirm,
    ShownOtherwise,
    SignatureMissing,
    TooLongAgo,
)
from treatment.confirming.services import Said
from treatment.models import Acknowledgment, Visit

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client as Browser
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Therapist, User

pytestmark = pytest.mark.django_db
DRAWN = json.dumps([[10, 10, 40, 60, 80, 20, 120, 70, 160, 30, 200, 80, 240, 40, 280, 90] * 3])


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


@pytest.fixture
def hands(visit: Visit) -> User:
    return hands_of(visit.appointment)


def seen(visit: Visit) -> str:
    return shown.hash_of(sessions.figures(Visit.objects.get(pk=visit.pk)))


def say(
    hands: User, visit: Visit, *, name: str = "", drawing: str = "", token: UUID | None = None
) -> Acknowledgment:
    said = Said(seen(visit), name, drawing)
    return services.on_device(actor=hands, visit=visit, said=said, form_token=token or uuid4())


def asked_by_payer(visit: Visit) -> None:
    client = visit.appointment.client
    assert client is not None
    client.payer = Payer.objects.create(name="Community Care", client_signs_visits=True)
    client.save()


def page(visit: Visit) -> str:
    return reverse("treatment:confirm", args=[visit.pk])


def at_home(visit: Visit) -> str:
    return reverse("treatment:confirm-visit", args=[visit.pk])


def test_one_touch_keeps_what_was_shown_and_where(hands: User, visit: Visit) -> None:
    made = say(hands, visit)
    assert (made.number, made.device_of, made.by) == (1, hands, None)
    assert made.shown == sessions.figures(visit)
    assert [row["minutes"] for row in made.shown["minutes"]] == [40, 13]
    word = selectors.word_of(visit)
    assert word is not None
    assert (word.is_current, word.is_missing) == (True, False)
    event = AuditEvent.objects.get(action="visit.acknowledged")
    assert event.client_id == visit.appointment.client_id


def test_a_form_sent_twice_is_one(hands: User, visit: Visit) -> None:
    token = uuid4()
    assert say(hands, visit, token=token).pk == say(hands, visit, token=token).pk
    assert Acknowledgment.objects.count() == 1


def test_what_was_corrected_in_the_meantime_must_be_read_again(hands: User, visit: Visit) -> None:
    before = seen(visit)
    correct(visit)
    with pytest.raises(ShownOtherwise):
        services.on_device(actor=hands, visit=visit, said=Said(before), form_token=uuid4())
    assert not Acknowledgment.objects.exists()


def test_after_a_correction_it_stands_for_what_it_showed(hands: User, visit: Visit) -> None:
    first = say(hands, visit)
    correct(visit)
    visit.refresh_from_db()
    word = selectors.word_of(visit)
    assert word is not None
    assert word.last == first
    assert word.corrected_at == visit.corrections.get().at
    assert not word.is_current
    second = say(hands, visit)
    assert second.number == 2
    assert second.shown != first.shown
    again = selectors.word_of(visit)
    assert again is not None
    assert (again.last, again.is_current) == (second, True)


def test_nothing_is_confirmed_of_a_session_that_is_not_recorded(
    client_record: Client, therapist: Therapist
) -> None:
    visit = started_visit(client_record)
    with pytest.raises(NothingToConfirm):
        say(hands_of(visit.appointment), visit)
    assert selectors.word_of(visit) is None


def test_a_visit_that_was_taken_back_keeps_the_word_and_asks_for_none(
    hands: User, visit: Visit
) -> None:
    asked_by_payer(visit)
    say(hands, visit, name="Ana Lima")
    takebacks.take_back(actor=hands, visit=visit, reason="Other client")
    visit.refresh_from_db()
    word = selectors.word_of(visit)
    assert word is not None
    assert (word.is_current, word.is_missing) == (False, False)


@pytest.mark.parametrize("name", ["", "  ", "12 -"])
def test_where_a_payer_asks_a_touch_is_not_enough(hands: User, visit: Visit, name: str) -> None:
    asked_by_payer(visit)
    word = selectors.word_of(visit)
    assert word is not None
    assert word.is_missing
    for drawing in ("", "[]", "no drawing"):
        with pytest.raises(SignatureMissing):
            say(hands, visit, name=name, drawing=drawing)
    assert say(hands, visit, drawing=DRAWN).drawing == DRAWN
    assert say(hands, visit, name="Ana Lima").name == "Ana Lima"


def test_nobody_else_says_it_for_the_client(
    hands: User, visit: Visit, desk_user: User, other_client: Client
) -> None:
    said = Said(seen(visit))
    client = visit.appointment.client
    assert client is not None
    assert client.user is not None
    assert other_client.user is not None
    for actor in (hands, desk_user, other_client.user):
        with pytest.raises(PermissionDenied):
            services.by_client(actor=actor, visit=visit, said=said, form_token=uuid4())
    for actor in (desk_user, client.user):
        with pytest.raises(PermissionDenied):
            services.on_device(actor=actor, visit=visit, said=said, form_token=uuid4())
    assert not Acknowledgment.objects.exists()


def test_from_home_for_two_weeks_to_the_hour(visit: Visit) -> None:
    client, said = visit.appointment.client, Said(seen(visit))
    assert client is not None
    assert client.user is not None
    assert visit.stopped_at is not None
    ends = visit.stopped_at + timedelta(days=14)
    with time_machine.travel(ends), pytest.raises(TooLongAgo):
        services.by_client(actor=client.user, visit=visit, said=said, form_token=uuid4())
    with time_machine.travel(ends - timedelta(seconds=1)):
        made = services.by_client(actor=client.user, visit=visit, said=said, form_token=uuid4())
    assert (made.by, made.device_of) == (client.user, None)


def test_it_never_changes_and_never_goes(hands: User, visit: Visit) -> None:
    made = say(hands, visit, name="Ana Lima")
    rows = Acknowledgment.objects.filter(pk=made.pk)
    for act in (
        lambda: rows.update(name="Eve Low"),
        lambda: rows.update(shown={}),
        rows.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()
    assert rows.get().name == "Ana Lima"


def test_a_forged_one_is_refused(hands: User, visit: Visit, desk_user: User) -> None:
    sessions.act_as(desk_user)
    with pytest.raises(DatabaseError), transaction.atomic():
        Acknowledgment.objects.create(
            visit=visit,
            number=1,
            shown={},
            sha256="0",
            device_of=hands,
            at=timezone.now(),
            form_token=uuid4(),
        )


def test_a_new_key_takes_over_the_drawing(hands: User, visit: Visit, settings: Settings) -> None:
    keys.require()
    made = say(hands, visit, drawing=DRAWN)
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.DOCUMENT_KEYS = f"{new},{settings.DOCUMENT_KEYS}"
    keys.require()
    list(rotation.reencrypt_all())
    settings.DOCUMENT_KEYS = new  # the old key is gone
    assert Acknowledgment.objects.get(pk=made.pk).drawing == DRAWN


def test_the_client_reads_it_on_the_device_and_touches(
    as_therapist: Browser, hands: User, visit: Visit
) -> None:
    text = as_therapist.get(page(visit)).text
    assert "Neuromuscular" in text
    assert "40 min" in text
    assert "For Ana Lima to read" in text
    for other in ("Kofi Osei", "Cervicalgia", "Today</a>", "Sign out"):
        assert other not in text
    data = {"seen": seen(visit), "form_token": uuid4()}
    done = as_therapist.post(page(visit), data, follow=True)
    assert "Please hand the device back" in done.text
    assert "Lima" not in done.text
    record = as_therapist.get(reverse("treatment:record", args=[visit.pk])).text
    assert "The client confirmed what was done, here" in record
    assert page(visit) not in record


def test_a_missing_signature_is_said_at_its_field(
    as_therapist: Browser, hands: User, visit: Visit
) -> None:
    asked_by_payer(visit)
    data = {"seen": seen(visit), "form_token": uuid4()}
    answer = as_therapist.post(page(visit), data)
    assert answer.status_code == 422
    assert "Type your full name, or sign with a finger." in answer.text
    assert as_therapist.post(page(visit), data | {"name": "Ana Lima"}).status_code == 302


def test_what_a_payer_asks_for_is_said_to_the_desk_and_stops_nothing(
    as_desk: Browser, as_therapist: Browser, hands: User, visit: Visit
) -> None:
    panel = reverse("treatment:panel", args=[visit.appointment.pk])
    line = "asks for the client's signature for this visit"
    assert line not in as_desk.get(panel).text
    asked_by_payer(visit)
    assert line in as_desk.get(panel).text
    assert line in as_therapist.get(reverse("treatment:record", args=[visit.pk])).text
    say(hands, visit, name="Ana Lima")
    assert line not in as_desk.get(panel).text
    correct(visit)
    text = as_desk.get(panel).text
    assert line in text
    assert "That was before the correction of" in text


def test_a_client_says_it_at_home(as_client: Browser, as_other: Browser, visit: Visit) -> None:
    progress = reverse("treatment:portal-progress")
    assert at_home(visit) in as_client.get(progress).text
    data = {"seen": seen(visit), "form_token": uuid4()}
    assert as_client.post(at_home(visit), data).status_code == 302
    assert "You said so on" in as_client.get(at_home(visit)).text
    assert as_other.get(at_home(visit)).status_code == 404
    assert as_other.post(at_home(visit), data).status_code == 404
    assert Acknowledgment.objects.count() == 1


def test_staff_do_not_open_it_for_their_own_visit(
    as_therapist: Browser, hands: User, visit: Visit
) -> None:
    client = visit.appointment.client
    assert client is not None
    client.user = hands
    client.save()
    assert as_therapist.get(page(visit)).status_code == 404


def test_it_is_in_the_export_and_on_the_printed_note(hands: User, visit: Visit) -> None:
    client = visit.appointment.client
    assert client is not None
    signed(hands, visit)
    say(hands, visit, name="Ana Lima")
    (kept,) = own_data.sessions(client).data
    assert kept["confirmed"][0]["name"] == "Ana Lima"
    text = words(visit)
    assert "confirmed by the client" in text
    assert "Signed: Ana Lima." in text
    assert "before the correction" not in text
    correct(visit)
    assert "That was before the correction of" in words(visit)
