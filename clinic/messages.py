"""The outbox. A message is a row first; the worker sends it; a sweep finds what was missed.

No message carries health detail: first name, clinic, date and time, phone and a link, no more.
What opens something leaves the row when the message can go out no more: a code and its like with
the whole text, any other link with its key.
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
from django.utils.translation import gettext_lazy as _

from clinic import audit, selectors
from clinic.celery import enqueue
from clinic.errors import DomainError, InvalidTransition
from clinic.logs import hide_keys
from clinic.models import Client, Message, User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

MAX_ATTEMPTS = 8
DELIVER = "clinic.deliver_message"
WIPED = "(wiped)"


class SecretGone(DomainError):
    code = "secret_gone"
    message = _("It held a code or a link that is wiped by now. Please have a new one made.")


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
    again: bool = False,
) -> Message | None:
    """Put a message into the outbox; None when `key` is there already or nobody is written to.

    `again`: one with that key which was withdrawn before it went out goes out after all.
    """
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
        if again:
            _revive(message)
        return None
    if message.not_before <= now:
        enqueue(DELIVER, str(message.pk))
    return message


def _revive(fresh: Message) -> None:
    """With the text of now: the kept one has no link any more."""
    taken_back = Message.objects.filter(
        key=fresh.key, status=Message.Status.CANCELLED, sent_at=None
    )
    taken_back.update(
        status=Message.Status.QUEUED,
        not_before=fresh.not_before,
        recipient=fresh.recipient,
        body=fresh.body,
    )


def what_stays(message: Message) -> str:
    """The text that is kept of a message which can go out no more: it opens nothing."""
    return WIPED if message.is_secret else hide_keys(message.body)


def _take_back(waiting: QuerySet[Message], because: str = "") -> int:
    """Withdraw these for good; how many. Inside a transaction.

    One that is going out at this very moment is passed over: nobody waits for a slow mail server.
    """
    free = list(waiting.select_for_update(skip_locked=True, no_key=True))
    for message in free:
        message.status = Message.Status.CANCELLED
        message.body = what_stays(message)
        message.last_error = because or message.last_error
    return Message.objects.bulk_update(free, ["status", "body", "last_error"])


@transaction.atomic
def withdraw(*, about: UUID, kinds: Iterable[str] | None = None) -> int:
    """Take back what has not gone out about an object, failed tries too; returns how many."""
    waiting = Message.objects.filter(
        about=about, status__in=[Message.Status.QUEUED, Message.Status.FAILED]
    )
    if kinds is not None:
        waiting = waiting.filter(kind__in=list(kinds))
    return _take_back(waiting)


@transaction.atomic
def readdress(*, clients: Iterable[Client], old: str, new: str) -> None:
    """What waits at an old address for these clients goes to the new one, failed tries too.

    Codes and links to sign in that wait there are void. One that is going out at this very moment
    is passed over, as in `_take_back`.
    """
    waiting = Message.objects.filter(
        recipient__iexact=old, status__in=[Message.Status.QUEUED, Message.Status.FAILED]
    )
    free = waiting.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True)
    found = Message.objects.filter(pk__in=list(free))
    found.filter(client__in=list(clients)).update(recipient=new)
    _take_back(found.filter(client=None, kind="sign-in", is_secret=True))


def due() -> QuerySet[Message]:
    """Queued, its time has come, and not too late."""
    now = timezone.now()
    return Message.objects.filter(
        Q(expires_at__isnull=True) | Q(expires_at__gt=now),
        status=Message.Status.QUEUED,
        not_before__lte=now,
    )


@transaction.atomic
def expire() -> int:
    """Withdraw what waited past its use: a reminder after the visit helps nobody."""
    late = Message.objects.filter(status=Message.Status.QUEUED, expires_at__lte=timezone.now())
    return _take_back(late, because="too late")


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
    message.body = what_stays(message)
    message.save(update_fields=["status", "sent_at", "last_error", "body", "updated_at"])


def make_msgid_of(message: Message, domain: str | None) -> str:
    return f"<{message.pk}@{domain}>" if domain else make_msgid(str(message.pk))


def failed(message: Message, error: Exception) -> None:
    """Note a failed attempt: try again later, each time later still, and give up in the end.

    The desk may send again what was given up, with its link; a secret it may not, so it goes now.
    """
    message.attempts += 1
    message.last_error = type(error).__name__[:80]
    # An address that cannot be written (UnicodeError is a ValueError) will never work.
    if message.attempts >= MAX_ATTEMPTS or isinstance(error, ValueError):
        message.status = Message.Status.FAILED
        message.body = what_stays(message) if message.is_secret else message.body
    else:
        message.not_before = timezone.now() + timedelta(seconds=30 * 2**message.attempts)
    message.save(
        update_fields=["attempts", "last_error", "status", "body", "not_before", "updated_at"]
    )


@transaction.atomic
def retry(*, actor: User, message: Message) -> None:
    """Send a failed message again.

    Raises:
        SecretGone: its text is wiped.
        InvalidTransition: it is not a failed one any more, or it would come too late.
    """
    if message.is_secret:
        raise SecretGone
    now = timezone.now()
    in_time = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    failed_one = Message.objects.filter(in_time, pk=message.pk, status=Message.Status.FAILED)
    changed = failed_one.update(status=Message.Status.QUEUED, attempts=0, not_before=now)
    if not changed:
        raise InvalidTransition
    step = (Message.Status.FAILED, Message.Status.QUEUED)
    audit.turned(actor, "message.retried", message, status=step)
    enqueue(DELIVER, str(message.pk))
