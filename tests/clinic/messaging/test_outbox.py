from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from smtplib import SMTPException
from time import monotonic
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from celery import Celery
from django.core import mail
from django.db import connection
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from clinic import tasks
from clinic.errors import InvalidTransition
from clinic.messaging import outbox
from clinic.models import Message
from clinic.web.logs import HIDDEN
from tests.clinic.messaging.mail_server import Hold, MailServer

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from pytest_django.fixtures import Settings

    from clinic.models import Location, User

CODE = "Your code is 424242"
KEY = "0f8c2d9e4b7a4f0c8d1e2f3a4b5c6d7e-3.Zx9_qW-er7TyUiOp"
LINKS = f"https://clinic.test/book/visit/{KEY}/ https://clinic.test/book/offer/{uuid4()}/"
MASKED = f"https://clinic.test/book/visit/{HIDDEN}/ https://clinic.test/book/offer/{HIDDEN}/"
PATIENCE = 3  # seconds a request may lose to a Redis that is away

pytestmark = pytest.mark.django_db(transaction=True)


def queue(**changes: Any) -> Message | None:
    fields = {
        "kind": "test",
        "key": str(uuid4()),
        "recipient": "ana@example.test",
        "subject": "Your appointment",
        "body": "Hello Ana",
    }
    return outbox.queue(**(fields | changes))


def test_a_message_goes_out_once_after_commit() -> None:
    message = queue()
    assert message is not None
    tasks.deliver_message(str(message.pk))  # the broker delivers a second copy
    assert [sent.body for sent in mail.outbox] == ["Hello Ana"]
    assert mail.outbox[0].extra_headers["Message-ID"].startswith(f"<{message.pk}@")
    message.refresh_from_db()
    assert message.status == Message.Status.SENT


def test_the_same_occasion_makes_one_message() -> None:
    assert queue(key="reminder:1:0") is not None
    assert queue(key="reminder:1:0") is None
    assert len(mail.outbox) == 1


def test_a_message_waits_for_its_time_and_the_sweep_sends_it() -> None:
    message = queue(not_before=timezone.now() + timedelta(hours=1))
    assert message is not None
    tasks.sweep_messages()
    assert mail.outbox == []
    Message.objects.update(work_due_at=timezone.now())
    tasks.sweep_messages()
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_nothing_is_sent_once_it_was_withdrawn() -> None:
    about = uuid4()
    queue(about=about, not_before=timezone.now() + timedelta(hours=1))
    assert outbox.withdraw(about=about) == 1
    Message.objects.update(work_due_at=timezone.now())
    tasks.sweep_messages()
    assert mail.outbox == []


def test_a_message_that_comes_too_late_is_withdrawn() -> None:
    now = timezone.now()
    queue(not_before=now + timedelta(hours=1), expires_at=now + timedelta(hours=2))
    Message.objects.update(work_due_at=now - timedelta(hours=2), expires_at=now)
    tasks.sweep_messages()
    assert mail.outbox == []
    assert Message.objects.get().status == Message.Status.CANCELLED


def test_a_message_past_its_use_is_not_sent_by_a_worker_that_was_rung_for_it_in_time() -> None:
    """The broker may have kept the ring; no sweep need have come between."""
    now = timezone.now()
    message = queue(not_before=now + timedelta(hours=1), expires_at=now + timedelta(hours=2))
    assert message is not None
    Message.objects.update(work_due_at=now - timedelta(hours=2), expires_at=now)
    tasks.deliver_message.run(str(message.pk))
    assert mail.outbox == []
    message.refresh_from_db()
    assert message.status == Message.Status.QUEUED
    Message.objects.update(expires_at=now + timedelta(minutes=1))
    tasks.deliver_message.run(str(message.pk))
    assert len(mail.outbox) == 1


def test_a_mail_server_that_refuses_is_tried_again_later_and_given_up_in_the_end(
    monkeypatch: pytest.MonkeyPatch, desk_user: User
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise SMTPException

    # The mail server is outside the machine.
    monkeypatch.setattr("django.core.mail.EmailMessage.send", refuse)
    message = queue()
    assert message is not None
    message.refresh_from_db()
    assert (message.status, message.work_attempts) == (Message.Status.QUEUED, 1)
    assert message.work_due_at > timezone.now()
    for _ in range(outbox.MAX_ATTEMPTS):
        Message.objects.update(work_due_at=timezone.now())
        tasks.sweep_messages()
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Message.Status.FAILED, "SMTPException")

    monkeypatch.undo()
    outbox.retry(actor=desk_user, message=message)
    assert len(mail.outbox) == 1
    with pytest.raises(InvalidTransition):
        outbox.retry(actor=desk_user, message=message)


def sent(message: Message) -> None:
    tasks.deliver_message(str(message.pk))


def withdrawn(message: Message) -> None:
    assert message.about is not None
    assert outbox.withdraw(about=message.about) == 1


def expired(message: Message) -> None:
    Message.objects.filter(pk=message.pk).update(expires_at=timezone.now())
    assert outbox.expire() == 1


def given_up(message: Message) -> None:
    outbox.failed(message, ValueError())


def readdressed(message: Message) -> None:
    outbox.readdress(clients=[], old=message.recipient, new="new@example.test")


def ended(end: Callable[[Message], None], **fields: Any) -> Message:
    message = queue(about=uuid4(), not_before=timezone.now() + timedelta(hours=1), **fields)
    assert message is not None
    if end is sent:
        Message.objects.update(work_due_at=timezone.now())
    end(message)
    message.refresh_from_db()
    return message


@pytest.mark.parametrize("end", [sent, withdrawn, expired, given_up, readdressed])
def test_no_secret_stays_of_a_message_that_is_over(end: Callable[[Message], None]) -> None:
    message = ended(end, kind="sign-in", body=CODE, is_secret=True)
    assert message.status != Message.Status.QUEUED
    assert message.body == outbox.WIPED


@pytest.mark.parametrize("end", [sent, withdrawn, expired])
def test_no_key_of_a_link_stays_of_a_message_that_is_over(end: Callable[[Message], None]) -> None:
    assert ended(end, body=LINKS).body == MASKED
    assert [one.body for one in mail.outbox] == ([LINKS] if end is sent else [])


def test_what_the_desk_may_send_again_keeps_its_link_until_then(as_desk: Browser) -> None:
    message = ended(given_up, body=LINKS)
    assert message.body == LINKS
    page = as_desk.get("/desk/messages/").text
    assert f"/desk/messages/{message.pk}/retry/" in page
    as_desk.post(f"/desk/messages/{message.pk}/retry/")
    assert [one.body for one in mail.outbox] == [LINKS]
    message.refresh_from_db()
    assert message.body == MASKED


def test_a_secret_that_was_given_up_is_not_sent_again(as_desk: Browser, location: Location) -> None:
    message = ended(given_up, body=CODE, is_secret=True)
    path = f"/desk/messages/{message.pk}/retry/"
    assert path not in as_desk.get("/desk/messages/").text
    assert "have a new one sent" in as_desk.post(path, follow=True).text
    assert mail.outbox == []


def test_one_that_is_written_again_after_it_was_withdrawn_has_its_link() -> None:
    later = timezone.now() + timedelta(hours=1)
    message = queue(key="reminder:1:0", about=uuid4(), not_before=later, body=LINKS)
    assert message is not None
    withdrawn(message)
    assert queue(key="reminder:1:0", body=LINKS, again=True) is None
    tasks.sweep_messages()
    assert [one.body for one in mail.outbox] == [LINKS]
    assert queue(key="reminder:1:0", body=LINKS, again=True) is None  # it has gone out
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_a_calendar_entry_travels_with_its_method() -> None:
    queue(calendar="BEGIN:VCALENDAR\r\nMETHOD:CANCEL\r\nEND:VCALENDAR\r\n")
    name, _, kind = mail.outbox[0].attachments[0]
    assert (name, kind) == ("appointment.ics", "text/calendar; method=CANCEL")


def test_losing_redis_does_not_lose_the_message(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Callable[..., Any]
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr("celery.canvas.Signature.apply_async", unreachable)
        message = queue()
    assert message is not None
    assert mail.outbox == []
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_a_failed_message_is_withdrawn_too_and_cannot_be_sent_again(desk_user: User) -> None:
    about = uuid4()
    message = queue(about=about, not_before=timezone.now() + timedelta(hours=1))
    assert message is not None
    Message.objects.update(status=Message.Status.FAILED)
    assert outbox.withdraw(about=about) == 1
    with pytest.raises(InvalidTransition):
        outbox.retry(actor=desk_user, message=message)


def test_a_failed_message_is_not_sent_again_when_it_would_come_too_late(desk_user: User) -> None:
    message = queue(not_before=timezone.now() + timedelta(hours=1))
    assert message is not None
    Message.objects.update(status=Message.Status.FAILED, expires_at=timezone.now())
    with pytest.raises(InvalidTransition):
        outbox.retry(actor=desk_user, message=message)


def test_a_second_click_on_send_again_is_told(as_desk: Browser, location: Location) -> None:
    message = queue()
    assert message is not None
    answer = as_desk.post(f"/desk/messages/{message.pk}/retry/", follow=True)
    assert "already changed" in answer.content.decode()


def test_an_address_that_cannot_be_written_fails_at_once_and_blocks_nobody() -> None:
    bad = queue(recipient=f"a@{'ü' * 64}.com")
    assert bad is not None
    bad.refresh_from_db()
    assert bad.status == Message.Status.FAILED
    queue(body="Hello Omar")
    assert [sent.body for sent in mail.outbox] == ["Hello Omar"]


def test_withdrawing_does_not_wait_for_a_slow_mail_server(settings: Settings) -> None:
    about = uuid4()
    message = queue(about=about, not_before=timezone.now() + timedelta(hours=1))
    assert message is not None
    Message.objects.update(work_due_at=timezone.now())
    slow = Hold()

    def deliver() -> None:
        try:
            tasks.deliver_message(str(message.pk))
        finally:
            connection.close()

    with MailServer() as server, ThreadPoolExecutor(1) as pool:
        server.use(settings)
        server.meanwhile = slow
        sending = pool.submit(deliver)
        assert slow.reached.wait(timeout=5)
        try:
            assert outbox.withdraw(about=about) == 0
        finally:
            slow.go_on.set()
        sending.result()


def silent_port() -> socket.socket:
    """Takes connections and never says a word."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()
    return listener


@pytest.mark.parametrize("listens", [False, True])
def test_ringing_at_a_dead_or_silent_redis_gives_up_within_seconds(
    listens: bool, settings: Settings
) -> None:
    with silent_port() as listener:
        port = listener.getsockname()[1]
        if not listens:
            listener.close()
        # Left current, it would answer for ours in every later test of this process.
        bell = Celery("bell", broker=f"redis://127.0.0.1:{port}/0", set_as_current=False)
        bell.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
        began = monotonic()
        with pytest.raises((OperationalError, RedisError, OSError)):
            bell.signature("clinic.nothing").apply_async(retry=False)
        assert monotonic() - began < PATIENCE
