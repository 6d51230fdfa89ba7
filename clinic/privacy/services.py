"""Archives of a client's own data, and the accounting of disclosures. Writes.

An archive is a duty in a table: requested (the web), created (the worker), kept for
seven days, removed (the sweep).
"""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from clinic import access, duties, selectors
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.documents import store as documents
from clinic.errors import DomainError
from clinic.models import Disclosure, Document, Export
from clinic.privacy import export, news
from clinic.privacy.retention import PERIODS

if TYPE_CHECKING:
    from datetime import date, datetime

    from django.db.models import QuerySet

    from clinic.models import Client, User

logger = logging.getLogger(__name__)

CREATE_ARCHIVE = "clinic.put_together"
MAX_ATTEMPTS = 3

Status = Export.Status


class NotYet(DomainError):
    message = gettext_lazy("This date is in the future. Record only what has already happened.")


# ---- Everything about me ----


@transaction.atomic
def ask_export(*, actor: User, client: Client) -> Export:
    """Have the worker create an archive; returns the one in progress, if any."""
    try:
        with transaction.atomic():  # savepoint: two clicks at once make one
            made = Export.objects.create(client=client, asked_by=actor)
    except IntegrityError:
        return Export.objects.get(client=client, status__in=[Status.WAITING, Status.WORKING])
    audit.record(actor, "export.asked", made)
    enqueue(CREATE_ARCHIVE, str(made.pk))
    return made


def unfinished() -> QuerySet[Export]:
    return Export.objects.filter(status__in=[Status.WAITING, Status.WORKING])


def create_archive(pk: str) -> None:
    """Create the archive; a second copy of the task finds nothing to do."""
    asked = duties.claim(unfinished(), pk, status=Status.WORKING, progress=0)
    if asked is None:
        return
    if asked.work_attempts > MAX_ATTEMPTS:
        duties.done(asked, status=Status.FAILED)  # the client may ask again
        return
    with duties.trying(asked, status=Status.WAITING, progress=0):
        _keep(asked, export.archive(asked.client, partial(_note_progress, asked)))


def _note_progress(asked: Export, percent: int) -> None:
    duties.held(asked).update(progress=percent)


@transaction.atomic
def _keep(asked: Export, content: bytes) -> None:
    if duties.lock(asked) is None:
        return  # it took so long that another worker has started over
    document = documents.store(
        actor=asked.asked_by,
        content=content,
        kind=Document.Kind.EXPORT,
        name=f"my-record-{selectors.clinic_today()}.zip",
        content_type="application/zip",
        client=asked.client,
    )
    duties.done(
        asked,
        status=Status.READY,
        progress=100,
        document=document,
        expires_at=timezone.now() + PERIODS["exports"].length,
    )
    audit.record(asked.asked_by, "record.exported", asked)
    news.tell(asked.client, f"export:{asked.pk}", asked.pk)


def expired(now: datetime) -> QuerySet[Export]:
    return Export.objects.filter(status=Status.READY, expires_at__lte=now)


@transaction.atomic
def remove_export(found: Export) -> None:
    """Remove an archive; that there was one stays on record."""
    gone = found.document
    mine = Export.objects.filter(pk=found.pk, status=Status.READY)
    if mine.update(status=Status.REMOVED, document=None) and gone is not None:
        documents.remove(actor=None, document=gone)


# ---- Accounting of disclosures ----


@transaction.atomic
def record_disclosure(
    *, actor: User, client: Client, disclosed_on: date, recipient: str, what: str, why: str
) -> Disclosure:
    """Record that health data was disclosed to someone outside.

    Raises:
        NotYet: the date is in the future.
    """
    access.require(actor, access.works_at_desk)
    if disclosed_on > selectors.clinic_today():
        raise NotYet
    return note_disclosure(
        actor=actor,
        client=client,
        disclosed_on=disclosed_on,
        recipient=recipient,
        what=what,
        why=why,
    )


@transaction.atomic
def note_disclosure(
    *, actor: User, client: Client, disclosed_on: date, recipient: str, what: str, why: str
) -> Disclosure:
    """For a service that discloses something itself, and has checked who may."""
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
