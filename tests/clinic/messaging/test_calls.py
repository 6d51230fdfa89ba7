"""Who asks to be called, or has no address, is not written to: the desk calls from a list."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from booking.visits import notices
from booking.visits import services as booking
from clinic import tasks
from clinic.messaging import calls, outbox, selectors
from clinic.messaging import services as messaging
from clinic.models import AuditEvent, Client, Guardian, Message
from clinic.people import services as people
from clinic.privacy import export, retention
from clinic.runtime.config import ROOT
from tests.booking.factories import booked_appointment
from tests.factories import make_client

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, User

pytestmark = pytest.mark.django_db
LIST = "/desk/messages/calls/"
Status, Channel = Message.Status, Message.Channel


@pytest.fixture
def ana(client_record: Client) -> Client:
    """Asks to be called, at an extension."""
    client_record.contact_by, client_record.phone_extension = "call", "12"
    client_record.save()
    return client_record


def call(client: Client, **changes: Any) -> Message:
    """A call about something, due now."""
    fields: dict[str, Any] = {
        "kind": "news",
        "key": str(uuid4()),
        "recipient": people.notify_address(client),
        "subject": "There is an update in your account",
        "template": "messages/clinic_news.txt",
        "context": {"first_name": client.first_name},
        "client": client,
        "about": uuid4(),
    }
    made = outbox.queue(**fields | changes)
    assert made is not None
    assert made.channel == Channel.CALL
    return made


def note(actor: User, message: Message, outcome: str, tries: int = 0) -> None:
    messaging.note_call(actor=actor, message=message, outcome=outcome, tries=tries)
    message.refresh_from_db()


# ---- What becomes a call ----


def test_who_asks_to_be_called_gets_a_call_and_no_mail(ana: Client, location: Location) -> None:
    made = call(ana)
    tasks.deliver_message.run(str(made.pk))
    tasks.sweep_messages.run()
    made.refresh_from_db()
    assert mail.outbox == []
    assert (made.status, made.recipient, made.calendar) == (Status.QUEUED, "", "")
    assert made.body.startswith("Hello Ana, this is Stillwater Medical Massage.")
    assert "http" not in made.body


def test_who_has_no_address_at_all_gets_a_call(location: Location) -> None:
    walker = Client.objects.create(first_name="Walt", last_name="Low", phone="+12125550143")
    assert people.notify_address(walker) == ""
    made = call(walker)
    assert (made.status, made.client) == (Status.QUEUED, walker)
    assert mail.outbox == []


def test_a_client_is_called_exactly_if_their_messages_become_calls(
    client_record: Client, client_user: User
) -> None:
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2015-06-01")
    assert child.is_called
    Guardian.objects.create(user=client_user, client=child, relationship="parent")
    plain = Client.objects.create(first_name="Bo", last_name="Low", phone="+12125550143")
    own = Client.objects.create(
        first_name="Cy", last_name="Low", phone="+12125550143", email="cy@example.test"
    )
    for client in (child, plain, own, client_record):
        for wish in Client.ContactBy:
            client.contact_by = wish
            written = outbox.is_written_to(client, people.notify_address(client))
            assert client.is_called is not written


def test_codes_and_letters_to_others_are_written_all_the_same(ana: Client) -> None:
    for kind in ("sign-in", "prescriber_request", "guardian", "merge"):
        made = outbox.queue(
            kind=kind,
            key=str(uuid4()),
            recipient="to@example.test",
            subject="x",
            body="x",
            client=ana,
        )
        assert made is not None
        assert made.channel == Channel.EMAIL


def test_nobody_is_called_about_a_receipt(ana: Client) -> None:
    assert (
        outbox.queue(
            kind="receipt", key="r", recipient=ana.email, subject="x", body="x", client=ana
        )
        is None
    )
    assert not Message.objects.exists()


def test_every_kind_of_message_to_a_client_is_known_to_the_call_list() -> None:
    """Anyone who queues news to `notify_address` with a new kind says here what becomes of it."""
    places = chain.from_iterable((ROOT / app).rglob("*.py") for app in APPS)
    found: set[str] = set()
    for path in places:
        found |= _kinds_to_clients(path.read_text())
    known = {
        "kind",
        "'receipt'",
        "'estimate'",
        "'news'",
        "'intake.decided'",
        "OFFER",
        "KIND",
        DECIDED,
    }
    assert found == known
    made = {notices.CONFIRMED, notices.MOVED, notices.CANCELLED, notices.REMINDER}
    made |= {notices.SERIES, notices.SERIES_CANCELLED}
    assert made <= set(calls.CALLS)


APPS = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing")
DECIDED = "f'prescription_{decision}'"


def _kinds_to_clients(source: str) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "outbox.queue":
            given = {one.arg: ast.unparse(one.value) for one in node.keywords}
            to = given.get("recipient", "")
            if "notify_address" in to or to == "recipient":
                found.add(given["kind"])
    return found


def test_every_script_can_be_read_out_and_holds_no_detail(
    client_record: Client, location: Location
) -> None:
    visit = booked_appointment(client_record)
    context = {
        "first_name": "Ana",
        "location": location,
        "clinic": location,
        "starts_at": visit.starts_at,
        "expires_at": visit.starts_at,
        "visits": [visit],
        "url": "https://clinic.test/book/offer/x/",
    }
    scripts = {one.script for one in calls.CALLS.values() if one is not None}
    assert len(scripts) == 8
    for script in scripts:
        text = render_to_string(script, context)
        assert text.startswith("Hello Ana, this is Stillwater Medical Massage")
        for word in ("massage.", "prescription", visit.option.service.name, visit.therapist.name):
            assert word.lower() not in text.replace(location.name, "").lower()


# ---- By when ----

NOW = datetime(2026, 3, 7, 15, 0, tzinfo=UTC)  # the clocks change that night
SPANS = st.timedeltas(timedelta(minutes=1), timedelta(days=30))
KINDS = st.sampled_from([one for one in calls.CALLS.values() if one is not None])


@given(call=KINDS, visit=st.none() | SPANS, end=st.none() | SPANS)
def test_a_call_is_due_after_now_and_before_it_is_pointless(
    call: calls.Call, visit: timedelta | None, end: timedelta | None
) -> None:
    visit_at = NOW + visit if visit else None
    expires_at = NOW + end if end else None
    due = calls.times(call, NOW, visit_at=visit_at, expires_at=expires_at)
    assert NOW < due.call_by <= NOW + calls.DAY
    if due.expires_at is not None:
        assert due.call_by <= due.expires_at
        assert due.expires_at in (visit_at, expires_at)
    if visit_at and visit_at - NOW > calls.BEFORE_A_VISIT + calls.AT_LEAST:
        assert due.call_by <= visit_at - calls.BEFORE_A_VISIT


def test_a_visit_that_is_over_needs_no_confirming_but_a_canceled_one_must_be_told(
    ana: Client, desk_user: User
) -> None:
    visit = booked_appointment(ana)
    for tell in (notices.confirmed, notices.cancelled):
        tell(visit, by=desk_user)
    confirm, cancel = Message.objects.order_by("kind").reverse()
    assert confirm.expires_at == visit.starts_at
    assert cancel.expires_at is None
    with time_machine.travel(visit.starts_at + timedelta(minutes=1)):
        tasks.sweep_messages.run()
        assert [one.kind for one in selectors.calls_to_make()] == [notices.CANCELLED]
    confirm.refresh_from_db()
    assert (confirm.status, confirm.last_error) == (Status.CANCELLED, "too late")


# ---- The worker never has it ----


@pytest.mark.parametrize(
    "marks",
    [
        {"status": "in_flight"},
        {"status": "failed"},
        {"status": "sent"},  # by nobody
        {"client": None},
        {"is_secret": True},
        {"call_by": None},
    ],
)
def test_a_call_is_for_a_person_says_the_database(ana: Client, marks: dict[str, Any]) -> None:
    made = call(ana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=made.pk).update(**marks)


# ---- Withdrawn like mail ----


def test_a_canceled_visit_withdraws_its_call(ana: Client, desk_user: User) -> None:
    visit = booked_appointment(ana)
    notices.confirmed(visit, by=desk_user)
    notices.reminder(visit)
    assert selectors.count_calls() == 2
    booking.cancel(actor=desk_user, party=[visit], cause="clinic")
    assert [one.kind for one in selectors.calls_to_make()] == [notices.CANCELLED]
    assert mail.outbox == []


def test_who_cancels_on_a_screen_is_not_called_about_it(ana: Client, client_user: User) -> None:
    visit = booked_appointment(ana)
    notices.reminder(visit)
    booking.cancel(actor=client_user, party=[visit], agreed_cents=0)
    assert selectors.count_calls() == 0
    assert mail.outbox == []


def test_a_reminder_that_was_withdrawn_comes_back_as_what_they_want_now(ana: Client) -> None:
    visit = booked_appointment(ana)
    notices.reminder(visit)
    outbox.withdraw(about=visit.pk)
    ana.contact_by = Client.ContactBy.EMAIL
    ana.save()
    visit.refresh_from_db()
    visit.client = ana
    notices.reminder(visit)
    made = Message.objects.get()
    assert (made.channel, made.status) == (Channel.EMAIL, Status.QUEUED)
    assert (made.recipient, made.call_by) == (ana.email, None)


# ---- The desk calls ----


@pytest.mark.parametrize("outcome", ["reached", "left_word", "not_needed"])
def test_a_call_is_done_once_with_who_and_when(ana: Client, desk_user: User, outcome: str) -> None:
    made = call(ana)
    note(desk_user, made, outcome)
    assert (made.status, made.outcome, made.handled_by) == (Status.SENT, outcome, desk_user)
    assert made.handled_at == made.sent_at
    assert selectors.count_calls() == 0
    with pytest.raises(messaging.CallChanged):
        note(desk_user, made, outcome, tries=1)
    [event] = AuditEvent.objects.filter(action="message.called", client=ana)
    assert event.detail == {"outcome": outcome}


def test_no_answer_keeps_it_on_the_list_and_two_clicks_are_one_try(
    ana: Client, desk_user: User
) -> None:
    made = call(ana)
    note(desk_user, made, "no_answer")
    with pytest.raises(messaging.CallChanged):
        note(desk_user, made, "no_answer")
    assert (made.status, made.work_attempts) == (Status.QUEUED, 1)
    assert selectors.count_calls() == 1
    note(desk_user, made, "left_word", tries=1)
    assert selectors.count_calls() == 0


def test_a_slip_is_put_back_but_not_once_it_is_too_late(ana: Client, desk_user: User) -> None:
    visit = booked_appointment(ana)
    notices.reminder(visit)
    made = Message.objects.get()
    note(desk_user, made, "reached")
    messaging.call_again(actor=desk_user, message=made)
    assert selectors.count_calls() == 1
    with pytest.raises(messaging.CallChanged):
        messaging.call_again(actor=desk_user, message=made)
    note(desk_user, made, "reached", tries=1)
    with (
        time_machine.travel(visit.starts_at + timedelta(minutes=1)),
        pytest.raises(messaging.CallTooLate),
    ):
        messaging.call_again(actor=desk_user, message=made)


def test_an_offers_link_leaves_the_row_with_the_call(ana: Client, desk_user: User) -> None:
    key = uuid4()
    made = call(
        ana,
        kind="booking.offer",
        context={
            "first_name": "Ana",
            "starts_at": timezone.now(),
            "url": f"https://clinic.test/book/offer/{key}/",
        },
    )
    assert str(key) in made.body
    note(desk_user, made, "reached")
    assert str(key) not in made.body


# ---- Pages ----


def test_the_list_says_who_why_by_when_and_what_to_say(
    as_desk: Browser, ana: Client, desk_user: User, location: Location
) -> None:
    visit = booked_appointment(ana)
    notices.confirmed(visit, by=desk_user)
    page = as_desk.get(LIST).text
    assert 'href="tel:+12125550142;ext=12"' in page
    for words in (ana.name, "Confirm the visit", "Call by", "ext. 12", "On voicemail"):
        assert words in page
    assert reverse("booking:appointment", args=[visit.pk]) in page
    assert "Late" not in page
    Message.objects.update(call_by=timezone.now())
    assert "Late: was to be made by" in as_desk.get(LIST).text


def test_pressing_called_twice_is_told_and_nothing_is_lost(
    as_desk: Browser, as_manager: Browser, ana: Client, location: Location
) -> None:
    made = call(ana)
    path = reverse("call-done", args=[made.pk])
    answer = as_desk.post(path, {"outcome": "left_word", "tries": 0}, follow=True)
    assert "you left word" in answer.text
    assert "Left word" in answer.text
    second = as_manager.post(path, {"outcome": "reached", "tries": 0}, follow=True)
    assert "Someone has since called" in second.text
    made.refresh_from_db()
    assert made.outcome == "left_word"
    assert as_desk.post(path, {"outcome": "flew", "tries": 0}).status_code == 400
    again = as_desk.post(reverse("call-again", args=[made.pk]), follow=True)
    assert "on the list again" in again.text


def test_a_mail_is_no_call(as_desk: Browser, client_record: Client) -> None:
    sent = outbox.queue(
        kind="news",
        key="k",
        recipient="a@example.test",
        subject="x",
        body="x",
        client=client_record,
    )
    assert sent is not None
    for name in ("call-done", "call-again"):
        path = reverse(name, args=[sent.pk])
        answer = as_desk.post(path, {"outcome": "reached", "tries": 0}, follow=True)
        assert "Someone has since called" in answer.text
    sent.refresh_from_db()
    assert (sent.outcome, sent.handled_by) == ("", None)


def test_the_badge_and_the_tab_count_calls(as_desk: Browser, ana: Client) -> None:
    assert as_desk.get(reverse("message-count")).text.strip() == ""
    call(ana)
    call(ana)
    assert ">2<span" in as_desk.get(reverse("message-count")).text
    assert "Calls to make" in as_desk.get("/desk/messages/").text
    assert "There is an update" not in as_desk.get("/desk/messages/").text


def test_the_list_takes_the_same_queries_for_one_and_for_many_and_has_pages(
    as_desk: Browser, ana: Client, desk_user: User, location: Location
) -> None:
    note(desk_user, call(ana), "reached")
    call(ana)
    as_desk.get(LIST)
    with CaptureQueriesContext(connection) as few:
        as_desk.get(LIST)
    for number in range(60):
        other = make_client("Ida", f"Low{number}", contact_by="call")
        made = call(other)
        if number % 3 == 0:
            note(desk_user, made, "left_word")
    for number in range(30):
        call(Client.objects.create(first_name="Bo", last_name=f"Ng{number}", phone="+12125550143"))
    with CaptureQueriesContext(connection) as many:
        page = as_desk.get(LIST).text
    assert len(many) == len(few)
    assert "page 1 of 2" in page
    assert as_desk.get(LIST, {"page": 2}).text.count('name="tries"') == 21


# ---- Kept, exported ----


def test_a_call_is_in_the_archive_and_goes_after_two_years_unless_it_still_waits(
    ana: Client, desk_user: User
) -> None:
    done, waits = call(ana), call(ana)
    note(desk_user, done, "left_word")
    from clinic.privacy.own_data import messages

    told = {str(one["outcome"]): one for one in messages(ana).data}
    assert told["Left word"]["channel"] == "Telephone call"
    assert export._parts["messages"] is messages
    due = retention.source("messages").due
    later = timezone.now() + timedelta(days=800)
    assert list(due(later)) == [done]
    assert waits.status == Status.QUEUED
