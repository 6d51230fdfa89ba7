"""The outbox. A message is a row first; the worker sends it; a sweep finds what was missed.

No message carries health detail: first name, clinic, date and time, phone and a link, no more.
"""

from __future__ import annotations

from datetime import timedelta
from email.utils import make_msgid, parseaddr
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Q, QuerySet
from django.template.loader import render_to_string
from django.utils import timezone

from clinic import audit, selectors
from clinic.celery import enqueue
from clinic.errors import InvalidTransition
from clinic.models import Client, Message, User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

MAX_ATTEMPTS = 8
DELIVER = "clinic.deliver_message"
WIPED = "(wiped once sent)"


def queue(
    *,
    kind: str,
    key: str,
    recipient: str,
    subject: str,
    template: str = "",
    context: dict[str, Any] | None = None,
    body: str = "",
    client: Client | None = None,
    about: UUID | None = None,
    calendar: str = "",
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    is_secret: bool = False,
) -> Message | None:
    """Put a message into the outbox; None when `key` is there already or nobody is written to."""
    if not recipient:
        return None
    if template:
        body = render_to_string(
            template, {"clinic": selectors.location_or_none(), **(context or {})}
        )
    now = timezone.now()
    message = Message(
        key=key,
        kind=kind,
        about=about,
        client=client,
        recipient=recipient,
        subject=" ".join(subject.split()),
        body=body,
        calendar=calendar,
        is_secret=is_secret,
        not_before=not_before or now,
        expires_at=expires_at,
    )
    # Of two at once one waits for the other and then writes nothing, without an error to undo.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    if not Message.objects.filter(pk=message.pk).exists():
        return None
    if message.not_before <= now:
        enqueue(DELIVER, str(message.pk))
    return message


@transaction.atomic
def withdraw(*, about: UUID, kinds: Iterable[str] | None = None) -> int:
    """Take back what has not gone out about an object, failed tries too; returns how many.

    One that is going out at this very moment is passed over: nobody waits for a slow mail server.
    """
    waiting = Message.objects.filter(
        about=about, status__in=[Message.Status.QUEUED, Message.Status.FAILED]
    )
    if kinds is not None:
        waiting = waiting.filter(kind__in=list(kinds))
    free = waiting.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    return Message.objects.filter(pk__in=list(free)).update(status=Message.Status.CANCELLED)


@transaction.atomic
def readdress(*, clients: Iterable[Client], old: str, new: str) -> None:
    """What waits at an old address for these clients goes to the new one, failed tries too.

    Codes and links to sign in that wait there are void. One that is going out at this very moment
    is passed over, as in `withdraw`.
    """
    waiting = Message.objects.filter(
        recipient__iexact=old, status__in=[Message.Status.QUEUED, Message.Status.FAILED]
    )
    free = waiting.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    found = Message.objects.filter(pk__in=list(free))
    found.filter(client__in=list(clients)).update(recipient=new)
    secrets = found.filter(client=None, kind="sign-in", is_secret=True)
    secrets.update(status=Message.Status.CANCELLED)


def revive(*, key: str) -> int:
    """Let a message that was withdrawn before it went out go out after all."""
    taken_back = Message.objects.filter(key=key, status=Message.Status.CANCELLED, sent_at=None)
    return taken_back.update(status=Message.Status.QUEUED, not_before=timezone.now())


def due() -> QuerySet[Message]:
    """Queued, its time has come, and not too late."""
    now = timezone.now()
    return Message.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        status=Message.Status.QUEUED,
        not_before__lte=now,
    )


def expire() -> int:
    """Withdraw what waited past its use: a reminder after the visit helps nobody."""
    late = Message.objects.filter(status=Message.Status.QUEUED, expires_at__lte=timezone.now())
    return late.update(status=Message.Status.CANCELLED, last_error="too late")


def send(message: Message) -> None:
    """Hand one message to the mail server and mark it sent.

    Raises:
        OSError, smtplib.SMTPException: the mail server did not take it.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or None
    email = EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        # The row's id: should a crash make us send twice, mail programs can tell.
        headers={"Message-ID": make_msgid_of(message, domain), "Auto-Submitted": "auto-generated"},
    )
    if message.calendar:
        method = "CANCEL" if "METHOD:CANCEL" in message.calendar else "REQUEST"
        if "METHOD:PUBLISH" in message.calendar:
            method = "PUBLISH"
        email.attach("appointment.ics", message.calendar, f"text/calendar; method={method}")
    email.send()
    message.status = Message.Status.SENT
    message.sent_at = timezone.now()
    message.last_error = ""
    if message.is_secret:
        message.body = WIPED
    message.save(update_fields=["status", "sent_at", "last_error", "body", "updated_at"])


def make_msgid_of(message: Message, domain: str | None) -> str:
    return f"<{message.pk}@{domain}>" if domain else make_msgid(str(message.pk))


def failed(message: Message, error: Exception) -> None:
    """Note a failed attempt: try again later, each time later still, and give up in the end."""
    message.attempts += 1
    message.last_error = type(error).__name__[:80]
    # An address that cannot be written (UnicodeError is a ValueError) will never work.
    if message.attempts >= MAX_ATTEMPTS or isinstance(error, ValueError):
        message.status = Message.Status.FAILED
    else:
        message.not_before = timezone.now() + timedelta(seconds=30 * 2**message.attempts)
    message.save(update_fields=["attempts", "last_error", "status", "not_before", "updated_at"])


@transaction.atomic
def retry(*, actor: User, message: Message) -> None:
    """Send a failed message again.

    Raises:
        InvalidTransition: it is not a failed one any more, or it would come too late.
    """
    now = timezone.now()
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    failed_one = Message.objects.filter(in_time, pk=message.pk, status=Message.Status.FAILED)
    changed = failed_one.update(status=Message.Status.QUEUED, attempts=0, not_before=now)
    if not changed:
        raise InvalidTransition
    step = (Message.Status.FAILED, Message.Status.QUEUED)
    audit.turned(actor, "message.retried", message, status=step)
    enqueue(DELIVER, str(message.pk))
