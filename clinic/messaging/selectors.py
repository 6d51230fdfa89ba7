"""What went out and what did not, and whom to call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone

from clinic.ids.phone import Phone
from clinic.messaging.calls import call_for
from clinic.messaging.outbox import TO_DECIDE
from clinic.models import Message

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from clinic.messaging.calls import Call

Channel, Status = Message.Channel, Message.Status


def outbox() -> QuerySet[Message]:
    """Mail, first what needs attention, then the newest; without sign-in codes."""
    urgent = Case(When(status__in=TO_DECIDE, then=0), default=1)
    return (
        Message.objects.filter(is_secret=False)
        .exclude(channel=Channel.CALL)
        .select_related("client")
        .annotate(rank=urgent)
        .order_by("rank", "-created_at")
    )


def need_attention() -> int:
    """How many failed, or may not have gone out."""
    return Message.objects.filter(_NEEDS_ATTENTION).count()


def calls_to_make(now: datetime | None = None) -> QuerySet[Message]:
    """Calls due, the one that must come first on top; none that came too late."""
    due = _calls(Status.QUEUED).filter(work_due_at__lte=now or timezone.now())
    return due.filter(_in_time(now)).order_by("call_by", "created_at")


def calls_made() -> QuerySet[Message]:
    """Who called whom, the newest first."""
    return _calls(Status.SENT).order_by("-sent_at")


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as the list shows it; `call` says why (None for a kind that is no more)."""

    message: Message
    call: Call | None
    is_late: bool

    @property
    def phone(self) -> Phone:
        client = self.message.client
        return Phone.of(client.phone, client.phone_extension) if client else Phone()


def call_rows(messages: Iterable[Message], now: datetime) -> list[CallRow]:
    return [
        CallRow(one, call_for(one.kind), is_late=one.call_by is not None and one.call_by <= now)
        for one in messages
    ]


def count_calls() -> int:
    return calls_to_make().count()


def waiting_count() -> int:
    """What the desk has to do about messages: those that failed, and calls."""
    now = timezone.now()
    call = Q(channel=Channel.CALL, status=Status.QUEUED, work_due_at__lte=now) & _in_time(now)
    return Message.objects.filter(_NEEDS_ATTENTION | call).count()


_NEEDS_ATTENTION = Q(is_secret=False, status__in=TO_DECIDE)


def _calls(status: str) -> QuerySet[Message]:
    rows = Message.objects.filter(channel=Channel.CALL, status=status)
    return rows.select_related("client", "handled_by")


def _in_time(now: datetime | None) -> Q:
    return Q(expires_at=None) | Q(expires_at__gt=now or timezone.now())
