"""What the desk does about calls. Writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import outbox
from clinic.models import Message

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from clinic.models import User

Outcome, Status = Message.Outcome, Message.Status


class CallChanged(DomainError):
    message = _(
        "Someone has since called, or the call is no longer needed. This is how it stands now."
    )


class CallTooLate(DomainError):
    message = _("It is too late for this call, so it stays off the list.")


@transaction.atomic
def note_call(*, actor: User, message: Message, outcome: str, tries: int) -> None:
    """Write down what came of a call; after "no answer" it stays on the list.

    `tries`: how many the page showed, so that a second click is no second try.

    Raises:
        CallChanged: it has been made, tried or withdrawn since.
    """
    access.require(actor, access.works_at_desk)
    waiting = _calls(message).filter(status=Status.QUEUED, work_attempts=tries)
    now = timezone.now()
    marks = {"outcome": outcome, "handled_by": actor, "handled_at": now, "updated_at": now}
    if outcome != Outcome.NO_ANSWER:
        marks |= {"status": Status.SENT, "sent_at": now, "body": outbox.what_stays(message)}
    if not waiting.update(work_attempts=F("work_attempts") + 1, **marks):
        raise CallChanged
    audit.record(actor, "message.called", message, outcome=outcome)


@transaction.atomic
def call_again(*, actor: User, message: Message) -> None:
    """Put a call back on the list that was marked as made by mistake.

    Raises:
        CallChanged: it is on the list, or was withdrawn.
        CallTooLate: what it was for is over.
    """
    access.require(actor, access.works_at_desk)
    made = _calls(message).filter(status=Status.SENT)
    if message.expires_at and message.expires_at <= timezone.now():
        raise CallTooLate
    if not made.update(status=Status.QUEUED, sent_at=None, outcome="", updated_at=timezone.now()):
        raise CallChanged
    audit.turned(actor, "message.call_reopened", message, status=(Status.SENT, Status.QUEUED))


def _calls(message: Message) -> QuerySet[Message]:
    return Message.objects.filter(pk=message.pk, channel=Message.Channel.CALL)
