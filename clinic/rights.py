"""What clients ask of us about their record, and the log of what was given to others. Writes.

An archive is a duty in a table: asked for (the request), put together (the worker), kept for
seven days, removed (the sweep).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import audit, documents, export, links, messages, people, selectors
from clinic.celery import enqueue
from clinic.errors import DomainError, InvalidTransition
from clinic.models import CorrectionRequest, Disclosure, Document, Export
from clinic.retention import PERIODS

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client, User

logger = logging.getLogger(__name__)

PUT_TOGETHER = "clinic.put_together"
MAX_ATTEMPTS = 3
BELL_LOST = timedelta(seconds=20)
STALE = timedelta(minutes=6)  # above the task's time limit: whoever worked on it is gone
MOST_OPEN = 10  # corrections of one client that wait

Status = Export.Status


class NotYet(DomainError):
    code = "not_yet"
    message = gettext_lazy("This date lies in the future. Write down what has happened.")


class TooManyOpen(DomainError):
    code = "too_many_open"
    message = gettext_lazy("Ten of your requests wait for an answer. Please call us instead.")


# ---- Everything about me ----


@transaction.atomic
def ask_export(*, actor: User, client: Client) -> Export:
    """Have the worker put everything together; the one that is under way, if there is one."""
    try:
        with transaction.atomic():  # savepoint: two clicks at once make one
            made = Export.objects.create(client=client, asked_by=actor)
    except IntegrityError:
        return Export.objects.get(client=client, status__in=[Status.WAITING, Status.WORKING])
    audit.record(actor, "export.asked", made)
    enqueue(PUT_TOGETHER, str(made.pk))
    return made


def put_together(pk: str) -> None:
    """Make the archive; a second copy of the task finds nothing to do."""
    now = timezone.now()
    free = Q(status=Status.WAITING) | Q(status=Status.WORKING, started_at__lt=now - STALE)
    claimed = Export.objects.filter(free, pk=pk, attempts__lt=MAX_ATTEMPTS).update(
        status=Status.WORKING, started_at=now, progress=0, attempts=F("attempts") + 1
    )
    if not claimed:
        return
    mine = Export.objects.filter(pk=pk, status=Status.WORKING, started_at=now)
    asked = mine.select_related("client__user", "asked_by").get()
    content = export.archive(asked.client, lambda percent: _tell(mine, percent))
    _keep(mine, asked, content)


def _tell(mine: QuerySet[Export], percent: int) -> None:
    mine.update(progress=percent)


@transaction.atomic
def _keep(mine: QuerySet[Export], asked: Export, content: bytes) -> None:
    if mine.select_for_update(no_key=True).first() is None:
        return  # it took so long that another worker has begun anew
    now = timezone.now()
    document = documents.store(
        actor=asked.asked_by,
        content=content,
        kind=Document.Kind.EXPORT,
        name=f"my-record-{timezone.localdate(timezone=selectors.location().zone)}.zip",
        content_type="application/zip",
        client=asked.client,
    )
    mine.update(
        status=Status.READY,
        progress=100,
        document=document,
        expires_at=now + PERIODS["exports"].length,
    )
    audit.record(asked.asked_by, "record.exported", asked)
    _news(asked.client, f"export:{asked.pk}", asked.pk)


def _news(client: Client, key: str, about: UUID) -> None:
    """Tell the client to look, and nothing of what there is to see."""
    messages.queue(
        kind="news",
        key=key,
        recipient=people.notify_address(client),
        subject=_("There is news in your account"),
        template="messages/clinic_news.txt",
        context={"first_name": client.first_name, "url": links.absolute(reverse("my-data"))},
        client=client,
        about=about,
    )


def overdue() -> QuerySet[Export]:
    """What the broker lost, and what a dead worker left."""
    now = timezone.now()
    lost = Q(status=Status.WAITING, created_at__lt=now - BELL_LOST)
    left = Q(status=Status.WORKING, started_at__lt=now - STALE)
    return Export.objects.filter(lost | left, attempts__lt=MAX_ATTEMPTS).order_by("created_at")


def give_up() -> int:
    """End what was tried often enough; the client may ask again."""
    stuck = Export.objects.filter(
        status=Status.WORKING,
        started_at__lt=timezone.now() - STALE,
        attempts__gte=MAX_ATTEMPTS,
    )
    return stuck.update(status=Status.FAILED)


def expired(now: datetime) -> QuerySet[Export]:
    return Export.objects.filter(status=Status.READY, expires_at__lte=now)


@transaction.atomic
def remove_export(found: Export) -> None:
    """Take an archive away; that there was one stays written down."""
    gone = found.document
    mine = Export.objects.filter(pk=found.pk, status=Status.READY)
    if mine.update(status=Status.REMOVED, document=None) and gone is not None:
        documents.remove(actor=None, document=gone)


# ---- Corrections ----


@transaction.atomic
def ask_correction(*, actor: User, client: Client, about: str, text: str) -> CorrectionRequest:
    """Say that something in the record is wrong.

    Raises:
        TooManyOpen: ten wait already.
    """
    people.lock(client)  # the count below and the new row belong together
    waiting = CorrectionRequest.objects.filter(client=client, status="open")
    if waiting.count() >= MOST_OPEN:
        raise TooManyOpen
    made = CorrectionRequest.objects.create(client=client, asked_by=actor, about=about, text=text)
    audit.record(actor, "correction.asked", made)
    return made


@transaction.atomic
def answer_correction(
    *, actor: User, correction: CorrectionRequest, decision: str, answer: str
) -> None:
    """Answer in words, and tell the client that there is an answer.

    Raises:
        InvalidTransition: it has been answered.
    """
    waiting = CorrectionRequest.objects.filter(pk=correction.pk, status="open")
    if not waiting.update(
        status=decision, answer=answer, answered_by=actor, answered_at=timezone.now()
    ):
        raise InvalidTransition
    audit.turned(actor, "correction.answered", correction, status=("open", decision))
    _news(correction.client, f"correction:{correction.pk}", correction.pk)


# ---- What was given to others ----


@transaction.atomic
def record_disclosure(
    *, actor: User, client: Client, disclosed_on: date, recipient: str, what: str, why: str
) -> Disclosure:
    """Write down that health data was given to somebody outside.

    Raises:
        NotYet: the date lies in the future.
    """
    if disclosed_on > timezone.localdate(timezone=selectors.location().zone):
        raise NotYet
    made = Disclosure.objects.create(
        client=client,
        disclosed_on=disclosed_on,
        recipient=recipient,
        what=what,
        why=why,
        recorded_by=actor,
    )
    audit.record(actor, "disclosure.recorded", made)
    return made
