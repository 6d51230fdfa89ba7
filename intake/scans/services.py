"""A photo or a scan of a paper questionnaire: kept with who signed it, and when. Writes.

    attach (the request) -> PaperScan -> process (the worker) -> a clean copy, or why not

The row is the duty (`clinic.duties`). It stands beside the answers and replaces none: what is on
the paper counts once it is typed in (`intake.paper`).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.db import transaction

from clinic import access, duties
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.documents import store as documents
from clinic.models import Document
from clinic.people import services as people
from clinic.people import signing_name
from intake import errors, selectors
from intake.models import PaperScan
from intake.scans import door
from intake.services import SIGN_FOR_MINORS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client, User
    from intake.scans.door import Copy

logger = logging.getLogger(__name__)

PROCESS = "intake.process_scan"
MAX_ATTEMPTS = 3
MOST_WAITING = 5  # scans of one client that the worker has not finished
GAVE_UP = "gave_up"  # of `Files.explained`
Status = PaperScan.Status
UNFINISHED = (Status.RECEIVED, Status.WORKING)


@transaction.atomic
def attach(
    *,
    actor: User,
    client: Client,
    files: Sequence[bytes],
    token: UUID,
    name: str,
    signed_on: date,
    relationship: str = "",
) -> PaperScan:
    """Store the files as sent and have the worker check them. The same form twice is one scan.

    Raises:
        Unusable: for what shows without opening a file.
        NotYourName: the name is not the client's, or, signed for them, it is.
        GuardianNeeded: a minor's form is signed by a parent or legal guardian.
        WrongScanDay: it was signed in the future.
        TooManyScans: several of this client are still being checked.
    """
    access.require(actor, access.in_care_team)
    kinds = door.files().check(files)
    people.lock(client)
    if known := PaperScan.objects.filter(client=client, token=token).first():
        return known
    _expect_signed(client, name, signed_on, relationship)
    if unfinished().filter(client=client).count() >= MOST_WAITING:
        raise errors.TooManyScans
    scan = PaperScan.objects.create(
        client=client,
        sent_by=actor,
        token=token,
        signed_name=name,
        signed_relationship=relationship,
        signed_on=signed_on,
    )
    _keep(actor, scan, files, kinds)
    audit.record(actor, "intake.scan_attached", scan)
    enqueue(PROCESS, str(scan.pk))
    return scan


def _expect_signed(client: Client, name: str, signed_on: date, relationship: str) -> None:
    if signed_on > selectors.clinic_today():
        raise errors.WrongScanDay
    if client.is_minor_on(signed_on) and relationship not in SIGN_FOR_MINORS:
        raise errors.GuardianNeeded
    signing_name.expect_own(name=name, client=client, signer=None, in_person=not relationship)


def _keep(actor: User, scan: PaperScan, files: Sequence[bytes], kinds: Sequence[str]) -> None:
    """Stored encrypted until they are checked, never served; in the order of the pages."""
    link = PaperScan.originals.through
    for number, (content, kind) in enumerate(zip(files, kinds, strict=True), start=1):
        kept = documents.store(
            actor=actor,
            content=content,
            kind=Document.Kind.PAPER_FORM_ORIGINAL,
            name=f"original-{number}.{kind.partition('/')[2]}",
            content_type=kind,
            client=scan.client,
        )
        link.objects.create(paperscan=scan, document=kept)


def originals(scan: PaperScan) -> list[Document]:
    links = PaperScan.originals.through.objects.filter(paperscan=scan)
    return [link.document for link in links.select_related("document").order_by("pk")]


# ---- The worker ----


def unfinished() -> QuerySet[PaperScan]:
    return PaperScan.objects.filter(status__in=UNFINISHED)


def process(pk: str) -> None:
    """Check one scan, or record why not; do nothing if another worker has it."""
    scan = duties.claim(unfinished(), pk, status=Status.WORKING)
    if scan is None:
        return
    if scan.work_attempts > MAX_ATTEMPTS:
        _refuse(scan, GAVE_UP)
        return
    try:
        copy = door.files().clean([documents.read(one) for one in originals(scan)])
    except door.Unusable as refusal:
        _refuse(scan, refusal.stored)
    except door.NotNow as error:
        again = scan.work_attempts - error.is_free
        _put_back(scan, work_attempts=again)
    except documents.DocumentLost:
        logger.warning("scan %s, try %s: its files are lost", pk, scan.work_attempts)
        _put_back(scan)
    else:
        _finish(scan, copy)


def _put_back(scan: PaperScan, **marks: Any) -> None:
    duties.put_back(scan, status=Status.RECEIVED, **marks)


@transaction.atomic
def _refuse(scan: PaperScan, stored: str) -> None:
    if duties.done(scan, status=Status.REFUSED, refusal=stored):
        audit.record(None, "intake.scan_refused", scan, code=stored)
        _forget_originals(scan)


@transaction.atomic
def _finish(scan: PaperScan, copy: Copy) -> None:
    """The clean copy takes the place of the files: the clinic has the paper itself."""
    locked = duties.lock(scan)
    if locked is None:
        return
    kept = documents.store(
        actor=scan.sent_by,
        content=copy.pdf,
        kind=Document.Kind.PAPER_FORM,
        name="questionnaire.pdf",
        content_type="application/pdf",
        client=locked.client,
        pages=copy.pages,
    )
    duties.done(scan, status=Status.READY, document=kept)
    _forget_originals(scan)


def _forget_originals(scan: PaperScan) -> None:
    sent = originals(scan)
    scan.originals.clear()
    for document in sent:
        documents.remove(actor=None, document=document)
