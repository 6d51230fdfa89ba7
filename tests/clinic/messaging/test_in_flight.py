"""A message while it is being sent: no lock is held, and nothing is sent twice by itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic import duties, tasks
from clinic.errors import InvalidTransition
from clinic.messaging import outbox
from clinic.models import AuditEvent, Message
from clinic.runtime.config import ROOT
from tests.clinic.messaging.mail_server import PATIENCE, Hold, MailServer
from tests.locks import elsewhere, expect_nothing_held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Browser
    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location, User

Status = Message.Status
MESSAGES = "/desk/messages/"
MAYBE = "It may have gone out, or not"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        server.use(settings)
        yield server


@pytest.fixture
def message() -> Message:
    return waiting()


def waiting(**changes: Any) -> Message:
    fields: dict[str, Any] = {
        "kind": "test",
        "key": str(uuid4()),
        "recipient": "ana@example.test",
        "subject": "Your appointment",
        "body": "Hello Ana",
        "about": uuid4(),
    }
    message = outbox.queue(not_before=timezone.now() + timedelta(hours=1), **(fields | changes))
    assert message is not None
    Message.objects.filter(pk=message.pk).update(work_due_at=timezone.now())
    return message


def deliver(message: Message) -> Message:
    tasks.deliver_message(str(message.pk))
    message.refresh_from_db()
    return message


def sweep_later(**later: float) -> None:
    with time_machine.travel(timezone.now() + timedelta(**later), tick=True):
        tasks.sweep_messages()


def test_nothing_is_locked_while_the_mail_server_is_spoken_to(
    server: MailServer, message: Message
) -> None:
    seen: list[tuple[str, int]] = []

    def look() -> None:
        expect_nothing_held(message)
        now = elsewhere(lambda: Message.objects.get(pk=message.pk))
        seen.append((now.status, now.work_attempts))

    server.meanwhile = look
    assert deliver(message).status == Status.SENT
    assert seen == [(Status.IN_FLIGHT, 1)]


def test_a_second_worker_leaves_it_alone(server: MailServer, message: Message) -> None:
    def again() -> None:
        elsewhere(lambda: tasks.deliver_message(str(message.pk)))
        elsewhere(tasks.sweep_messages)

    server.meanwhile = again
    assert deliver(message).status == Status.SENT
    assert len(server.received) == 1


def withdraw(message: Message) -> int:
    assert message.about is not None
    return outbox.withdraw(about=message.about)


def test_withdrawn_while_it_is_sent_it_is_said_to_have_gone_out(
    server: MailServer, message: Message
) -> None:
    counts: list[int] = []
    server.meanwhile = lambda: counts.append(elsewhere(lambda: withdraw(message)))
    assert deliver(message).status == Status.SENT
    assert counts == [0]  # nobody is told that it does not go out


def test_withdrawn_while_it_is_sent_it_is_not_tried_again(
    server: MailServer, message: Message, as_desk: Browser, location: Location
) -> None:
    pages: list[str] = []

    def change_of_mind() -> None:
        elsewhere(lambda: withdraw(message))
        pages.append(elsewhere(lambda: as_desk.get(MESSAGES).text))

    server.meanwhile, server.answer = change_of_mind, "451 try later"
    assert deliver(message).status == Status.CANCELLED
    assert "Withdrawn while it was being sent" in pages[0]
    assert "Withdrawn while it was being sent" not in as_desk.get(MESSAGES).text
    sweep_later(hours=1)
    assert len(server.received) == 1


def test_an_address_that_changes_while_it_is_sent(
    server: MailServer, client_record: Client
) -> None:
    first, second = (waiting(client=client_record) for _ in range(2))

    def change_of_address() -> None:
        outbox.readdress(clients=[client_record], old="ana@example.test", new="new@example.test")

    server.meanwhile = lambda: elsewhere(change_of_address)
    assert deliver(first).recipient == "ana@example.test"  # where it went
    Message.objects.filter(pk=second.pk).update(recipient="ana@example.test")
    server.answer = "451 try later"
    assert deliver(second).recipient == "new@example.test"  # where it will go


def test_a_server_that_says_no_is_tried_again(server: MailServer, message: Message) -> None:
    server.answer = "451 try later"
    assert deliver(message).status == Status.QUEUED
    server.answer = "250 OK"
    sweep_later(minutes=2)
    message.refresh_from_db()
    assert (message.status, len(server.received)) == (Status.SENT, 2)


def test_a_server_that_cannot_be_reached_is_tried_again(
    settings: Settings, message: Message
) -> None:
    with MailServer() as gone:
        gone.use(settings)
    assert deliver(message).status == Status.QUEUED
    assert message.last_error == "ConnectionRefusedError"


def hangs_up(server: MailServer, _settings: Settings) -> Callable[[], None]:
    server.answer = ""
    return lambda: None


def falls_silent(server: MailServer, settings: Settings) -> Callable[[], None]:
    settings.EMAIL_TIMEOUT = 0.5
    server.meanwhile = hold = Hold()
    return hold.go_on.set


@pytest.mark.parametrize("stops", [hangs_up, falls_silent])
def test_a_server_that_has_the_message_and_does_not_answer_may_have_taken_it(
    server: MailServer,
    message: Message,
    settings: Settings,
    stops: Callable[[MailServer, Settings], Callable[[], None]],
) -> None:
    end = stops(server, settings)
    assert deliver(message).status == Status.UNKNOWN
    sweep_later(days=1)
    end()
    assert len(server.received) == 1


def test_withdrawn_before_the_server_hung_up_it_stays_withdrawn(
    server: MailServer, message: Message, as_desk: Browser, location: Location
) -> None:
    counts: list[int] = []
    server.meanwhile = lambda: counts.append(elsewhere(lambda: withdraw(message)))
    server.answer = ""
    assert deliver(message).status == Status.CANCELLED
    assert "Withdrawn while it was being sent" in as_desk.get(MESSAGES).text
    sweep_later(days=1)
    assert len(server.received) == 1


WORKER = """
import sys, django
django.setup()
from clinic.messaging import outbox
outbox.deliver(sys.argv[1])
"""


def worker(message: Message, server: MailServer) -> subprocess.Popen[bytes]:
    """A process of its own that sends the message."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "clinic.settings",
        "DATABASE_URL": database,
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "SECRET_KEY": "x" * 60,
    }
    command = [sys.executable, "-c", WORKER, str(message.pk)]
    return subprocess.Popen(command, cwd=ROOT, env=environment)


@pytest.mark.slow
def test_a_worker_killed_while_sending_leaves_an_unknown_one_that_only_the_desk_sends_again(
    server: MailServer, message: Message, as_desk: Browser, location: Location
) -> None:
    server.meanwhile = hold = Hold()
    with worker(message, server) as process:
        try:
            assert hold.reached.wait(PATIENCE)
        finally:
            process.send_signal(signal.SIGKILL)
    hold.go_on.set()
    server.meanwhile = lambda: None
    message.refresh_from_db()
    assert message.status == Status.IN_FLIGHT
    sweep_later(minutes=1)  # its worker may still be at it
    message.refresh_from_db()
    assert message.status == Status.IN_FLIGHT

    sweep_later(minutes=7)
    sweep_later(days=1)
    message.refresh_from_db()
    assert message.status == Status.UNKNOWN
    assert len(server.received) == 1
    page = as_desk.get(MESSAGES).text
    assert "1 message needs your attention" in page
    assert "1" in as_desk.get(reverse("message-count")).text
    assert "May not have been sent" in page
    assert MAYBE in page

    as_desk.post(f"{MESSAGES}{message.pk}/retry/")
    message.refresh_from_db()
    assert (message.status, len(server.received)) == (Status.SENT, 2)
    assert AuditEvent.objects.filter(action="message.retried").count() == 1
    assert as_desk.get(reverse("message-count")).text.strip() == ""
    page = as_desk.get(MESSAGES).text
    assert MAYBE not in page
    assert "needs your attention" not in page


def dead_workers(message: Message) -> Message:
    """As a worker leaves it that died while it was sending."""
    assert duties.claim(outbox.ready(), message.pk, status=Status.IN_FLIGHT)
    sweep_later(minutes=7)
    message.refresh_from_db()
    assert message.status == Status.UNKNOWN
    return message


def test_a_worker_that_was_only_slow_can_still_say_that_it_went_out(message: Message) -> None:
    claimed = duties.claim(outbox.ready(), message.pk, status=Status.IN_FLIGHT)
    assert claimed is not None
    sweep_later(minutes=7)
    outbox.sent(claimed)
    message.refresh_from_db()
    assert message.status == Status.SENT


def test_an_unknown_one_can_be_withdrawn(message: Message, desk_user: User) -> None:
    dead_workers(message)
    assert withdraw(message) == 0  # it may have gone out
    with pytest.raises(InvalidTransition):
        outbox.retry(actor=desk_user, message=message)


def test_an_unknown_sign_in_code_lapses(as_desk: Browser, location: Location) -> None:
    code = dead_workers(waiting(body="Your code is 424242", is_secret=True))
    assert code.body == outbox.WIPED
    page = as_desk.get(MESSAGES).text
    assert "needs your attention" not in page
    assert str(code.pk) not in page
    assert "have a new one sent" in as_desk.post(f"{MESSAGES}{code.pk}/retry/", follow=True).text


def test_what_waited_too_long_in_the_queue_is_not_sent(
    server: MailServer, message: Message
) -> None:
    Message.objects.update(expires_at=timezone.now() + timedelta(minutes=1))
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        assert deliver(message).status == Status.QUEUED
        tasks.sweep_messages()
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Status.CANCELLED, "too late")
    assert server.received == []
