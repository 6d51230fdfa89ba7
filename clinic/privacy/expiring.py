"""Which of the clinic app's own records are past retention; see `retention.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from clinic.audit import services as audit
from clinic.models import AuditEvent, CorrectionRequest, Disclosure, Export, Message
from clinic.privacy import services as privacy
from clinic.privacy.retention import PERIODS

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet


def old_exports(now: datetime) -> QuerySet[Export]:
    return privacy.expired(now).select_related("document")


remove_export = privacy.remove_export


def old_messages(now: datetime) -> QuerySet[Message]:
    """Finished: nothing still waiting to go out."""
    done = Message.objects.exclude(status=Message.Status.QUEUED)
    return done.filter(updated_at__lt=PERIODS["messages"].before(now)).order_by("created_at")


@transaction.atomic
def remove_message(message: Message) -> None:
    audit.record(None, "message.removed", message)
    message.delete()


def old_events(now: datetime) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(at__lt=PERIODS["audit"].before(now)).order_by("pk")


def old_disclosures(now: datetime) -> QuerySet[Disclosure]:
    return Disclosure.objects.filter(created_at__lt=PERIODS["disclosures"].before(now))


def old_corrections(now: datetime) -> QuerySet[CorrectionRequest]:
    answered = CorrectionRequest.objects.exclude(status="open")
    return answered.filter(answered_at__lt=PERIODS["corrections"].before(now))
