"""From files to a prescription: kept as they came, cleaned by the worker, then taken in.

    receive (the request) -> Upload -> process (the worker, in `sandbox`) -> Prescription

The row is the duty: what the broker loses, `overdue` finds. `submit` does the same at once,
for files that are our own (the demo).
"""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from clinic import audit, documents, messages, people
from clinic.celery import enqueue
from clinic.errors import InvalidTransition
from clinic.models import Client, Document
from prescriptions import sandbox, virus
from prescriptions.errors import AlreadySent, TooManyWaiting
from prescriptions.models import Prescription, Upload
from prescriptions.uploads import PDF, GaveUp, UnusableFile, check, clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import User
    from prescriptions.uploads import Cleaned

logger = logging.getLogger(__name__)

PROCESS = "prescriptions.process_upload"
READ = "prescriptions.read_words"
MAX_ATTEMPTS = 3
BELL_LOST = timedelta(seconds=20)
STALE = timedelta(minutes=6)  # above the task's time limit: whoever worked on it is gone
STARTED, SCANNED = 5, 10  # per cent
MOST_WAITING = 5  # uploads of one client that the worker has not finished

Status = Upload.Status
Source = Prescription.Source
UNFINISHED = (Status.RECEIVED, Status.WORKING)


# ---- The request: keep what came, quickly ----


def receive(
    *,
    actor: User | None,
    client: Client,
    files: Sequence[bytes],
    token: UUID,
    note: str = "",
    source: str = Source.PORTAL,
    answers: Prescription | None = None,
) -> Upload:
    """Keep files as they came and have the worker look at them.

    The same files with the same token are the same upload: sent again after a lost connection.

    Raises:
        UnusableFile: what can be told without opening a file.
        AlreadySent: the same files have become a prescription.
        TooManyWaiting: several uploads of this client are still being checked.
        InvalidTransition: nothing is being asked for any more.
    """
    kinds = check(files)
    hashes = [hashlib.sha256(content).hexdigest() for content in files]
    with transaction.atomic():
        # Two clicks on "Send" queue here; the second finds the first one's upload.
        people.lock(client)
        known = Upload.objects.filter(client=client, token=token).first()
        if known is not None:
            if _hashes(known) == hashes and known.answers_id == (answers and answers.pk):
                return known
            token = uuid4()  # a page from the browser's memory with other files
        _refuse_same_files(client, hashes)
        if Upload.objects.filter(client=client, status__in=UNFINISHED).count() >= MOST_WAITING:
            raise TooManyWaiting
        if answers is not None and not _is_asked(answers):
            raise InvalidTransition
        upload = Upload.objects.create(
            client=client, sent_by=actor, token=token, note=note, source=source, answers=answers
        )
        kept = _keep(actor, client, files, kinds)
        # One by one: the order of the pages is the order of these rows.
        link = Upload.originals.through
        link.objects.bulk_create(link(upload=upload, document=document) for document in kept)
        audit.record(actor, "upload.received", upload)
        enqueue(PROCESS, str(upload.pk))
    return upload


def originals(upload: Upload) -> list[Document]:
    """What was sent, in its order."""
    links = Upload.originals.through.objects.filter(upload=upload)
    return [link.document for link in links.select_related("document").order_by("pk")]


def _hashes(upload: Upload) -> list[str]:
    return [document.sha256 for document in originals(upload)]


def _refuse_same_files(client: Client, hashes: list[str]) -> None:
    """Spare the worker what is certain: the very same bytes. It compares the clean copies."""
    alike = Upload.objects.filter(
        client=client, status=Status.READY, originals__sha256=hashes[0]
    ).exclude(prescription__status=Prescription.Status.REJECTED)
    for upload in alike.select_related("prescription").distinct():
        if _hashes(upload) == hashes:
            raise AlreadySent(upload.prescription)


def _keep(
    actor: User | None, client: Client, files: Sequence[bytes], kinds: Sequence[str]
) -> list[Document]:
    """Encrypted, as evidence, and never served; a name from outside goes no further than here."""
    return [
        documents.store(
            actor=actor,
            content=content,
            kind=Document.Kind.PRESCRIPTION_ORIGINAL,
            name=f"original-{number}.{kind.partition('/')[2]}",
            content_type=kind,
            client=client,
        )
        for number, (content, kind) in enumerate(zip(files, kinds, strict=True), start=1)
    ]


# ---- The worker ----


def overdue() -> QuerySet[Upload]:
    """Uploads whose bell was lost, whose worker is gone, or that wait for the scanner."""
    now = timezone.now()
    return Upload.objects.filter(
        Q(status=Status.RECEIVED, updated_at__lt=now - BELL_LOST)
        | Q(status=Status.WORKING, started_at__lt=now - STALE)
    ).order_by("created_at")


def process(pk: str) -> None:
    """Clean one upload and take it in, or say why not; nothing when another has it."""
    upload = _claim(pk)
    if upload is None:
        return
    try:
        files = [documents.read(document) for document in originals(upload)]
        virus.scan(files)
        cleaned = sandbox.clean(files, partial(_note_progress, upload))
    except UnusableFile as error:
        _refuse(upload, error.code)
    except virus.ScannerAway:
        _put_back(upload, attempts=upload.attempts - 1)  # it may be away for longer than three
    except (virus.NoVerdict, OSError, documents.DocumentLost, sandbox.Interrupted) as error:
        logger.warning("upload %s, try %s: %s", pk, upload.attempts, type(error).__name__)
        _put_back(upload, attempts=upload.attempts)
    else:
        _finish(upload, cleaned)


def _claim(pk: str) -> Upload | None:
    now = timezone.now()
    free = Q(status=Status.RECEIVED) | Q(status=Status.WORKING, started_at__lt=now - STALE)
    claimed = Upload.objects.filter(free, pk=pk).update(
        status=Status.WORKING,
        attempts=F("attempts") + 1,
        progress=STARTED,
        started_at=now,
        updated_at=now,
    )
    if not claimed:
        return None
    upload = Upload.objects.select_related("client", "sent_by", "answers__client").get(pk=pk)
    if upload.attempts > MAX_ATTEMPTS:
        _refuse(upload, GaveUp.code)
        return None
    return upload


def _held(upload: Upload) -> QuerySet[Upload]:
    """The row as long as it is still ours: whoever took it over has counted one more attempt."""
    return Upload.objects.filter(pk=upload.pk, status=Status.WORKING, attempts=upload.attempts)


def _note_progress(upload: Upload, percent: int) -> None:
    _held(upload).update(progress=SCANNED + percent * (99 - SCANNED) // 100)


def _put_back(upload: Upload, *, attempts: int) -> None:
    """For another try, which the sweep makes."""
    _held(upload).update(
        status=Status.RECEIVED, attempts=attempts, progress=0, updated_at=timezone.now()
    )


@transaction.atomic
def _refuse(upload: Upload, code: str, prescription: Prescription | None = None) -> None:
    refused = _held(upload).update(
        status=Status.REFUSED,
        refusal=code,
        prescription=prescription,
        progress=0,
        updated_at=timezone.now(),
    )
    if refused:
        audit.record(None, "upload.refused", upload, code=code)


@transaction.atomic
def _finish(upload: Upload, cleaned: Cleaned) -> None:
    mine = _held(upload).select_for_update(no_key=True).first()
    if mine is None:
        return
    try:
        with transaction.atomic():
            prescription = _take(upload, cleaned)
    except AlreadySent as error:
        _refuse(upload, error.code, error.prescription)
    except InvalidTransition as error:
        _refuse(upload, error.code, upload.answers)
    else:
        mine.status, mine.progress, mine.prescription = Status.READY, 100, prescription
        mine.save(update_fields=["status", "progress", "prescription", "updated_at"])
        enqueue(READ, str(prescription.pk))


def _take(upload: Upload, cleaned: Cleaned) -> Prescription:
    if upload.answers is not None:
        prescription = _replace_copy(
            actor=upload.sent_by,
            prescription=upload.answers,
            cleaned=cleaned,
            note=upload.note,
            source=upload.source,
        )
    else:
        prescription = _take_in(
            actor=upload.sent_by,
            client=upload.client,
            cleaned=cleaned,
            note=upload.note,
            source=upload.source,
        )
    prescription.originals.add(*originals(upload))
    return prescription


def read_words(pk: str) -> None:
    """Keep the words of a document for the review; failing that, people read the pages."""
    now = timezone.now()
    unread = Prescription.objects.filter(pk=pk, text_source=Prescription.TextSource.UNREAD)
    free = Q(read_at__isnull=True) | Q(read_at__lt=now - STALE)
    if not unread.filter(free).update(read_at=now, read_attempts=F("read_attempts") + 1):
        return  # read, or being read
    prescription = unread.select_related("document").get()
    found: dict[str, Any] = {}
    try:
        if prescription.read_attempts <= MAX_ATTEMPTS:
            found = sandbox.read(documents.read(prescription.document))
    except (UnusableFile, documents.DocumentLost):
        logger.warning("the words of prescription %s were not read", pk)
    except (OSError, sandbox.Interrupted):
        return  # the sweep tries again, when this try is stale
    source = found.get("source")
    if source not in Prescription.TextSource.values or not source:
        source, found = Prescription.TextSource.NONE, {"source": "none", "pages": []}
    same = unread.filter(document=prescription.document)  # a better copy may have come meanwhile
    same.update(text_source=source, words=found, updated_at=timezone.now())


def unread() -> QuerySet[Prescription]:
    """To review, and nobody has read the words yet or is at it."""
    now = timezone.now()
    return Prescription.objects.to_review().filter(
        Q(read_at__isnull=True, updated_at__lt=now - BELL_LOST) | Q(read_at__lt=now - STALE),
        text_source=Prescription.TextSource.UNREAD,
    )


# ---- Taking in ----


def submit(
    *,
    actor: User | None,
    client: Client,
    uploads: Sequence[bytes],
    note: str = "",
    source: str = Source.PORTAL,
) -> Prescription:
    """Take in a new prescription at once: files as they came, and the clean copy that people see.

    Raises:
        UnusableFile: with advice on what to send instead; nothing was kept.
        AlreadySent: the same document is here and was not rejected.
    """
    cleaned = clean(uploads)  # the slow part, before any lock
    with transaction.atomic():
        prescription = _take_in(
            actor=actor, client=client, cleaned=cleaned, note=note, source=source
        )
        _keep_originals(actor, prescription, uploads)
    return prescription


def _keep_originals(actor: User | None, prescription: Prescription, files: Sequence[bytes]) -> None:
    kinds = check(files)
    prescription.originals.add(*_keep(actor, prescription.client, files, kinds))


def _take_in(
    *, actor: User | None, client: Client, cleaned: Cleaned, note: str, source: str
) -> Prescription:
    # Two uploads of one paper queue here; the second finds the first one's document.
    people.lock(client)
    _refuse_repeat(client, cleaned)
    prescription = Prescription.objects.create(
        client=client,
        document=_store(actor, client, cleaned),
        submitted_by=actor,
        client_note=note,
        source=source,
    )
    audit.record(actor, "prescription.submitted", prescription)
    return prescription


def _replace_copy(
    *,
    actor: User | None,
    prescription: Prescription,
    cleaned: Cleaned,
    note: str,
    source: str,
) -> Prescription:
    locked = _lock_asked(prescription)
    _refuse_repeat(locked.client, cleaned)
    locked.document = _store(actor, locked.client, cleaned)
    locked.text_source, locked.words = Prescription.TextSource.UNREAD, None
    locked.read_at, locked.read_attempts = None, 0
    locked.first_reviewer = locked.first_reading = None  # that was about another copy
    locked.source = source  # an order signed online is no more what the reviewer looks at
    locked.status = Prescription.Status.SUBMITTED
    locked.client_note = note
    locked.claimed_by = locked.claimed_at = None
    locked.save()
    messages.withdraw(about=locked.pk)  # a request that has not gone out yet is answered
    audit.record(actor, "prescription.sent_again", locked)
    return locked


def _is_asked(prescription: Prescription) -> bool:
    """Only a look: the row is locked before the client's, never after it (see `_replace_copy`)."""
    asked = Prescription.Status.NEEDS_INFORMATION
    return Prescription.objects.filter(pk=prescription.pk, status=asked).exists()


def _lock_asked(prescription: Prescription) -> Prescription:
    """The row, locked, as long as a better copy is of use.

    The desk may have put it back into the queue while the copy was on its way.
    """
    rows = Prescription.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("client").get(pk=prescription.pk)
    if locked.status not in {Prescription.Status.NEEDS_INFORMATION, Prescription.Status.SUBMITTED}:
        raise InvalidTransition
    return locked


def _refuse_repeat(client: Client, cleaned: Cleaned) -> None:
    digest = hashlib.sha256(cleaned.pdf).hexdigest()
    same = Prescription.objects.filter(client=client, document__sha256=digest)
    if found := same.exclude(status=Prescription.Status.REJECTED).first():
        raise AlreadySent(found)


def _store(actor: User | None, client: Client, cleaned: Cleaned) -> Document:
    return documents.store(
        actor=actor,
        content=cleaned.pdf,
        kind=Document.Kind.PRESCRIPTION,
        name="prescription.pdf",
        content_type=PDF,
        client=client,
        pages=cleaned.pages,
    )
