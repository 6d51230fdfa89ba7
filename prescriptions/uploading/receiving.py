"""From files to a prescription: stored as sent, cleaned by the worker, then accepted.

    receive (the request) -> Upload -> process (the worker, in `sandbox`) -> Prescription

The row is the duty (`clinic.duties`). `submit` does the same at once,
for our own files (the demo).
"""

from __future__ import annotations

import hashlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction

from clinic import duties
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.documents import store as documents
from clinic.errors import InvalidTransition
from clinic.messaging import outbox
from clinic.models import Client, Document
from clinic.people import services as people
from prescriptions.errors import AlreadySent, TooManyWaiting
from prescriptions.models import Prescription, Upload
from prescriptions.uploading import sandbox, virus
from prescriptions.uploading.uploads import PDF, GaveUp, UnusableFile, check, clean

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import User
    from prescriptions.uploading.uploads import Cleaned

logger = logging.getLogger(__name__)

PROCESS = "prescriptions.process_upload"
READ = "prescriptions.read_words"
MAX_ATTEMPTS = 3
STARTED, SCANNED = 5, 10  # percent
MOST_WAITING = 5  # uploads of one client that the worker has not finished

Status = Upload.Status
Source = Prescription.Source
TextSource = Prescription.TextSource
UNFINISHED = (Status.RECEIVED, Status.WORKING)


# ---- The request: store the files quickly ----


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
    """Store files as sent and have the worker check them.

    The same files with the same token are the same upload: sent again after a lost connection.

    Raises:
        UnusableFile: for what shows without opening a file.
        AlreadySent: the same files already became a prescription.
        TooManyWaiting: several uploads of this client are still being checked.
        InvalidTransition: we are no longer asking for a better copy.
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
            token = uuid4()  # a page restored by the browser, with other files
        _expect_new(client, hashes, answers)
        upload = Upload.objects.create(
            client=client, sent_by=actor, token=token, note=note, source=source, answers=answers
        )
        _add_originals(upload, _keep(actor, client, files, kinds))
        audit.record(actor, "upload.received", upload)
        enqueue(PROCESS, str(upload.pk))
    return upload


def _expect_new(client: Client, hashes: list[str], answers: Prescription | None) -> None:
    """Refuse what is not to be checked again. Raises as `receive`."""
    _refuse_same_files(client, hashes)
    if unfinished().filter(client=client).count() >= MOST_WAITING:
        raise TooManyWaiting
    if answers is not None and not _is_asked(answers):
        raise InvalidTransition


def _add_originals(upload: Upload, kept: Sequence[Document]) -> None:
    """One by one: the page order is the order of these rows."""
    link = Upload.originals.through
    link.objects.bulk_create(link(upload=upload, document=document) for document in kept)


def originals(upload: Upload) -> list[Document]:
    """The files as sent, in order."""
    links = Upload.originals.through.objects.filter(upload=upload)
    return [link.document for link in links.select_related("document").order_by("pk")]


def _hashes(upload: Upload) -> list[str]:
    return [document.sha256 for document in originals(upload)]


def _refuse_same_files(client: Client, hashes: list[str]) -> None:
    """Save the worker the certain case: identical bytes. It compares the clean copies."""
    alike = Upload.objects.filter(
        client=client, status=Status.READY, originals__sha256=hashes[0]
    ).exclude(prescription__status=Prescription.Status.REJECTED)
    for upload in alike.select_related("prescription").distinct():
        if _hashes(upload) == hashes:
            raise AlreadySent(upload.prescription)


def _keep(
    actor: User | None, client: Client, files: Sequence[bytes], kinds: Sequence[str]
) -> list[Document]:
    """Stored encrypted as evidence, never served; the sender's file name is not kept past here."""
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


def unfinished() -> QuerySet[Upload]:
    return Upload.objects.filter(status__in=UNFINISHED)


def process(pk: str) -> None:
    """Clean one upload and accept it, or record why not; do nothing if another worker has it."""
    upload = duties.claim(unfinished(), pk, status=Status.WORKING, progress=STARTED)
    if upload is None:
        return
    if upload.work_attempts > MAX_ATTEMPTS:
        _refuse(upload, GaveUp.code)
        return
    try:
        files = [documents.read(document) for document in originals(upload)]
        virus.scan(files)
        cleaned = sandbox.clean(files, partial(_note_progress, upload))
    except UnusableFile as error:
        _refuse(upload, error.stored)
    except virus.ScannerAway:
        _put_back(upload, work_attempts=upload.work_attempts - 1)  # it may be down for hours
    except (virus.NoVerdict, OSError, documents.DocumentLost, sandbox.Interrupted) as error:
        logger.warning("upload %s, try %s: %s", pk, upload.work_attempts, type(error).__name__)
        _put_back(upload)
    else:
        _finish(upload, cleaned)


def _note_progress(upload: Upload, percent: int) -> None:
    duties.held(upload).update(progress=SCANNED + percent * (99 - SCANNED) // 100)


def _put_back(upload: Upload, **marks: Any) -> None:
    """Leave it for another try."""
    duties.put_back(upload, status=Status.RECEIVED, progress=0, **marks)


@transaction.atomic
def _refuse(upload: Upload, code: str, prescription: Prescription | None = None) -> None:
    if duties.done(
        upload, status=Status.REFUSED, refusal=code, prescription=prescription, progress=0
    ):
        audit.record(None, "upload.refused", upload, code=code)


@transaction.atomic
def _finish(upload: Upload, cleaned: Cleaned) -> None:
    if duties.lock(upload) is None:
        return
    try:
        with transaction.atomic():
            prescription = _take(upload, cleaned)
    except AlreadySent as error:
        _refuse(upload, error.code, error.prescription)
    except InvalidTransition as error:
        _refuse(upload, error.code, upload.answers)
    else:
        duties.done(upload, status=Status.READY, progress=100, prescription=prescription)
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
    """Store the words of a document for the review; without them, people read the pages."""
    prescription = duties.claim(Prescription.objects.filter(text_source=TextSource.UNREAD), pk)
    if prescription is None:
        return
    found: dict[str, Any] = {}
    try:
        if prescription.work_attempts <= MAX_ATTEMPTS:
            found = sandbox.read(documents.read(prescription.document))
    except (UnusableFile, documents.DocumentLost):
        logger.warning("the words of prescription %s were not read", pk)
    except (OSError, sandbox.Interrupted):
        duties.put_back(prescription)
        return
    source = found.get("source")
    if source not in TextSource.values or not source:
        source, found = TextSource.NONE, {"source": "none", "pages": []}
    # Nothing is written once a better copy has come in: it is read from the start.
    duties.done(prescription, text_source=source, words=found)


def unread() -> QuerySet[Prescription]:
    """To review, and its words have not been read yet."""
    return Prescription.objects.to_review().filter(text_source=TextSource.UNREAD)


# ---- Accepting ----


def submit(
    *,
    actor: User | None,
    client: Client,
    uploads: Sequence[bytes],
    note: str = "",
    source: str = Source.PORTAL,
) -> Prescription:
    """Accept a new prescription at once: the files as sent, and the clean copy that people see.

    Raises:
        UnusableFile: with advice on what to send instead; nothing is stored.
        AlreadySent: we already have the same document, and it was not rejected.
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
    # Two uploads of one paper wait here in turn; the second finds the first one's document.
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
    locked.text_source, locked.words = TextSource.UNREAD, None
    duties.start_over(locked)
    locked.first_reviewer = locked.first_reading = None  # that was about a different copy
    locked.source = source  # the reviewer no longer looks at the order signed online
    locked.status = Prescription.Status.SUBMITTED
    locked.client_note = note
    locked.claimed_by = locked.claimed_at = None
    locked.save()
    outbox.withdraw(about=locked.pk)  # a request not sent yet has been answered
    audit.record(actor, "prescription.sent_again", locked)
    return locked


def _is_asked(prescription: Prescription) -> bool:
    """Read without a lock: it is locked before the client, never after (`_replace_copy`)."""
    asked = Prescription.Status.NEEDS_INFORMATION
    return Prescription.objects.filter(pk=prescription.pk, status=asked).exists()


def _lock_asked(prescription: Prescription) -> Prescription:
    """The row, locked, while a better copy is still needed.

    The desk may have put it back in the queue while the copy was on its way.
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
