from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core import mail
from django.utils import timezone

from clinic import messages, tasks
from clinic.errors import InvalidTransition
from clinic.models import Message

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def queue(**changes: Any) -> Message | None:
    fields = {
        "kind": "test",
        "key": str(uuid4()),
        "recipient": "ana@example.test",
        "subject": "Your appointment",
        "body": "Hello Ana",
    }
    return messages.queue(**(fields | changes))


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
    Message.objects.update(not_before=timezone.now())
    tasks.sweep_messages()
    tasks.sweep_messages()
    assert len(mail.outbox) == 1


def test_nothing_is_sent_once_it_was_withdrawn() -> None:
    about = uuid4()
    queue(about=about, not_before=timezone.now() + timedelta(hours=1))
    assert messages.withdraw(about=about) == 1
    Message.objects.update(not_before=timezone.now())
    tasks.sweep_messages()
    assert mail.outbox == []


def test_a_message_that_comes_too_late_is_withdrawn() -> None:
    now = timezone.now()
    queue(not_before=now + timedelta(hours=1), expires_at=now + timedelta(hours=2))
    Message.objects.update(not_before=now - timedelta(hours=2), expires_at=now)
    tasks.sweep_messages()
    assert mail.outbox == []
    assert Message.objects.get().status == Message.Status.CANCELLED


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
    assert (message.status, message.attempts) == (Message.Status.QUEUED, 1)
    assert message.not_before > timezone.now()
    for _ in range(messages.MAX_ATTEMPTS):
        Message.objects.update(not_before=timezone.now())
        tasks.sweep_messages()
    message.refresh_from_db()
    assert (message.status, message.last_error) == (Message.Status.FAILED, "SMTPException")

    monkeypatch.undo()
    messages.retry(actor=desk_user, message=message)
    assert len(mail.outbox) == 1
    with pytest.raises(InvalidTransition):
        messages.retry(actor=desk_user, message=message)


def test_a_sign_in_code_does_not_stay_in_the_outbox() -> None:
    message = queue(body="Your code is 424242", is_secret=True)
    assert message is not None
    message.refresh_from_db()
    assert "424242" in mail.outbox[0].body
    assert "424242" not in message.body


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
