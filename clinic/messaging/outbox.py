"""The outbox. A message is a row first; the worker sends it; a sweep finds what was missed.

    queued -> in flight -> sent, failed, or unknown: the worker died while it was sending

Who asks to be called, or has no address, gets a call instead: a row like any other, but one that
the desk does (`services.note_call`) and no worker takes.

It is in flight, and that is committed, before the mail server is spoken to. An unknown one is
never sent again by itself: the desk decides (docs/adr/0003-outbox.md).

No message carries health detail: first name, clinic, date and time, phone and a link, no more.
Secrets leave the row once the message can no longer go out: a code and the like with
the whole text, any other link with its key.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from email.utils import make_msgid, parseaddr
from smtplib import SMTPException, SMTPServerDisconnected
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import duties, selectors
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.errors import DomainError, InvalidTransition
from clinic.messaging import calls
from clinic.models import Client, Message, User
from clinic.web.logs import hide_keys

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
DELIVER = "clinic.deliver_message"
WIPED = "(wiped)"

Status = Message.Status
TO_DECIDE = (Status.FAILED, Status.UNKNOWN)  # the desk may send these again


class SecretGone(DomainError):
    message = _("It held a code or link that has been erased. Please have a new one sent.")


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
    visit_at: datetime | None = None,
    is_secret: bool = False,
    again: bool = False,
) -> Message | None:
    """Put a message into the outbox; None if `key` is already there or nobody is to be told.

    A client who asks to be called, or has no address, gets a call instead (`calls.py`), before
    `visit_at`. `again`: one with that key that was withdrawn before it went out is sent after all.
    """
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
        work_due_at=not_before or timezone.now(),
        expires_at=expires_at,
    )
    if not _is_for_a_call(message):
        return _put(_written(message, template, context), again=again) if recipient else None
    call = calls.call_for(kind)
    return _put(_as_call(message, call, context, visit_at), again=again) if call else None


def _is_for_a_call(message: Message) -> bool:
    client = message.client
    if client is None or not calls.is_to_client(message.kind):
        return False
    return not is_written_to(client, message.recipient)


def _written(message: Message, template: str, context: dict[str, Any] | None) -> Message:
    if template:
        message.body = _text(template, context)
    return message


def is_written_to(client: Client, address: str) -> bool:
    """Whether news for this client goes out as mail; otherwise they are called."""
    return bool(address) and client.contact_by != Client.ContactBy.CALL


def _as_call(
    message: Message, call: calls.Call, context: dict[str, Any] | None, visit_at: datetime | None
) -> Message:
    """The same occasion as a call: what to say, and by when; without an address of its own."""
    due = calls.times(call, message.work_due_at, visit_at=visit_at, expires_at=message.expires_at)
    message.channel, message.recipient, message.calendar = Message.Channel.CALL, "", ""
    message.body = _text(call.script, context).strip()
    message.call_by, message.expires_at = due.call_by, due.expires_at
    return message


def _text(template: str, context: dict[str, Any] | None) -> str:
    return render_to_string(template, {"clinic": selectors.location_or_none(), **(context or {})})


def _put(message: Message, *, again: bool) -> Message | None:
    # Of two at once, one waits for the other and then writes nothing, with no error to undo.
    Message.objects.bulk_create([message], ignore_conflicts=True)
    if not Message.objects.filter(pk=message.pk).exists():
        if again:
            _revive(message)
        return None
    if message.channel != Message.Channel.CALL and message.work_due_at <= timezone.now():
        enqueue(DELIVER, str(message.pk))
    return message


def _revive(fresh: Message) -> None:
    """With current text: the stored one no longer has a link."""
    taken_back = Message.objects.filter(
        key=fresh.key, status=Status.CANCELLED, sent_at=None, work_claimed_at=None
    )
    taken_back.update(
        status=Status.QUEUED,
        channel=fresh.channel,
        recipient=fresh.recipient,
        body=fresh.body,
        call_by=fresh.call_by,
        expires_at=fresh.expires_at,
        outcome="",
        **duties.fresh(fresh.work_due_at),
    )


def what_stays(message: Message) -> str:
    """The stored text of a message that can no longer go out: without secrets."""
    return WIPED if message.is_secret else hide_keys(message.body)


def _take_back(rows: QuerySet[Message], because: str = "") -> int:
    """Withdraw these for good; returns how many surely do not go out. Inside a transaction.

    One that is being sent right now keeps its worker's claim. If the worker can still say that
    it went out, it is shown as sent; until then, as withdrawn while it was being sent.
    """
    found = list(rows.select_for_update(no_key=True))
    for message in found:
        message.status = Status.CANCELLED
        message.body = what_stays(message)
        message.last_error = because or message.last_error
    Message.objects.bulk_update(found, ["status", "body", "last_error"])
    return sum(message.work_claimed_at is None for message in found)


@transaction.atomic
def withdraw(*, about: UUID, kinds: Iterable[str] | None = None) -> int:
    """Withdraw unsent messages about an object; returns how many surely do not go out."""
    waiting = Message.objects.filter(
        about=about, status__in=[Status.QUEUED, Status.IN_FLIGHT, *TO_DECIDE]
    )
    if kinds is not None:
        waiting = waiting.filter(kind__in=list(kinds))
    return _take_back(waiting)


@transaction.atomic
def readdress(*, clients: Iterable[Client], old: str, new: str) -> None:
    """Messages waiting for these clients' old address go to the new one, failed ones too.

    Waiting sign-in codes and links are void. One that is being sent right now goes to the new
    address only if it has to be sent again.
    """
    waiting = Message.objects.filter(
        recipient__iexact=old, status__in=[Status.QUEUED, Status.IN_FLIGHT, *TO_DECIDE]
    )
    waiting.filter(client__in=list(clients)).update(recipient=new)
    _take_back(waiting.filter(client=None, kind="sign-in", is_secret=True))


def ready() -> QuerySet[Message]:
    """Queued, and not too late. No calls: those a person makes."""
    mails = Message.objects.exclude(channel=Message.Channel.CALL)
    return _in_time(mails.filter(status=Status.QUEUED))


def _in_time(rows: QuerySet[Message]) -> QuerySet[Message]:
    return rows.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


@transaction.atomic
def expire() -> int:
    """Withdraw what waited too long: a reminder after the visit is useless."""
    late = Message.objects.filter(status=Status.QUEUED, expires_at__lte=timezone.now())
    return _take_back(late, because="too late")


def deliver(pk: str) -> None:
    """Send one message, unless it was sent or withdrawn, or another worker has it."""
    message = duties.claim(ready(), pk, status=Status.IN_FLIGHT)
    if message is None:
        return
    try:
        send(message)
    except CutOff:
        logger.warning("message %s: the mail server stopped answering", pk)
        unknown(message)
    except (SMTPException, OSError, ValueError) as error:
        logger.warning("message %s was not taken: %s", pk, type(error).__name__)
        failed(message, error)
    else:
        sent(message)


class CutOff(Exception):
    """The mail server stopped answering after it was given a message: it may have taken it."""


def send(message: Message) -> None:
    """Hand one message to the mail server.

    Raises:
        CutOff: we cannot know whether it took the message.
        OSError, smtplib.SMTPException, ValueError: it did not.
    """
    server = get_connection()
    email = _email(message, server)
    server.open()
    try:
        email.send()
    except SMTPServerDisconnected as error:
        raise CutOff from error
    except SMTPException:
        raise  # it said no
    except OSError as error:
        raise CutOff from error
    finally:
        with suppress(OSError):  # it has the message, whatever becomes of the goodbye
            server.close()


def _email(message: Message, server: Any) -> EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or None
    email = EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.recipient],
        # The row's id: if it is sent twice all the same, mail programs can tell.
        headers={"Message-ID": make_msgid_of(message, domain), "Auto-Submitted": "auto-generated"},
        connection=server,
    )
    if message.calendar:
        method = "CANCEL" if "METHOD:CANCEL" in message.calendar else "REQUEST"
        if "METHOD:PUBLISH" in message.calendar:
            method = "PUBLISH"
        email.attach("appointment.ics", message.calendar, f"text/calendar; method={method}")
    return email


def make_msgid_of(message: Message, domain: str | None) -> str:
    return f"<{message.pk}@{domain}>" if domain else make_msgid(str(message.pk))


def sent(message: Message) -> None:
    """It went out, to this address, whatever was decided about it in the meantime."""
    duties.done(
        message,
        status=Status.SENT,
        sent_at=timezone.now(),
        recipient=message.recipient,
        last_error="",
        body=what_stays(message),
    )


def failed(message: Message, error: Exception) -> None:
    """Record a failed attempt: retry with growing delays, and give up in the end.

    The desk may resend what was given up, with its link, but not a secret, which is erased now.
    """
    # An address that cannot be written (UnicodeError is a ValueError) will never work.
    is_over = message.work_attempts >= MAX_ATTEMPTS or isinstance(error, ValueError)
    status = Status.FAILED if is_over else Status.QUEUED
    marks = {"body": WIPED} if is_over and message.is_secret else {}
    # One that was withdrawn while it was being sent stays withdrawn, and now surely unsent.
    withdrawn = When(status=Status.CANCELLED, then=F("status"))
    duties.put_back(
        message,
        status=Case(withdrawn, default=Value(status)),
        last_error=type(error).__name__[:80],
        **marks,
    )


def unknown(message: Message) -> None:
    """Nobody can say whether it went out. Its worker, should it be alive, may still do so."""
    in_flight = duties.held(message).filter(status=Status.IN_FLIGHT)
    marks = {"body": WIPED} if message.is_secret else {}
    in_flight.update(status=Status.UNKNOWN, updated_at=timezone.now(), **marks)


def give_up_on_dead_workers() -> None:
    """A message in flight whose worker died becomes unknown; it is not sent again by itself."""
    for message in duties.stale(Message.objects.filter(status=Status.IN_FLIGHT)):
        logger.warning("message %s: its worker died while sending it", message.pk)
        unknown(message)


@transaction.atomic
def retry(*, actor: User, message: Message) -> None:
    """Send a failed message again, or one that may not have gone out.

    Raises:
        SecretGone: its text has been erased.
        InvalidTransition: neither is true any more, or it would arrive too late.
    """
    if message.is_secret:
        raise SecretGone
    wanted = _in_time(Message.objects.filter(pk=message.pk, status__in=TO_DECIDE))
    locked = wanted.select_for_update(no_key=True).first()
    if locked is None:
        raise InvalidTransition
    wanted.update(status=Status.QUEUED, **duties.fresh())
    audit.turned(actor, "message.retried", message, status=(locked.status, Status.QUEUED))
    enqueue(DELIVER, str(message.pk))
