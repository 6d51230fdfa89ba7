"""Writes: a release that is sent in and loaded, and codes that are newer than what is loaded."""

from __future__ import annotations

import hashlib
import zlib
from datetime import datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic import access, duties
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.selectors import location
from prescriptions.codes import icd10, index, loading, order_file, selectors
from prescriptions.codes.errors import NotTheWholeFile, OlderRelease
from prescriptions.models import CONFIRMED, CodeRelease, DiagnosisCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from django.db.models import QuerySet

    from clinic.models import User
    from prescriptions.codes.loading import Ready

LOAD = "prescriptions.load_codes"
MAX_ATTEMPTS = 3
# A release ends a few hundred of 75,000 codes. A file that would end more is not a whole one.
FEW, SHARE = 50, 10
Status = CodeRelease.Status


def unloaded() -> QuerySet[CodeRelease]:
    return CodeRelease.objects.filter(status__in=[Status.WAITING, Status.LOADING])


@transaction.atomic
def receive(*, actor: User, content: bytes, file_name: str, in_force_on: date) -> CodeRelease:
    """Take an order file, to be loaded on the day it comes into force; the same file only once.

    Raises:
        FileTooLarge, Zipped, OnlyCodes, NotAnOrderFile, AnotherYear: it is not that file.
        OlderRelease: a newer one is loaded.
        NotTheWholeFile: too many of the codes in use are not in it.
    """
    access.require(actor, access.is_manager)
    order_file.expect_year(file_name, in_force_on)
    lines = list(order_file.lines(content))
    newest = selectors.in_force_on()
    if newest is not None and in_force_on < newest:
        raise OlderRelease(newest)
    _expect_whole(lines)
    begins = datetime.combine(in_force_on, time(), location().zone)
    work = duties.fresh(max(begins, timezone.now()))
    asked = {
        "in_force_on": in_force_on,
        "file_name": file_name[:120],
        "file": zlib.compress(content),
        "sent_by": actor,
        **work,
    }
    digest = hashlib.sha256(content).hexdigest()
    release, is_new = CodeRelease.objects.get_or_create(
        name=f"{in_force_on.isoformat()} {digest[:8]}", defaults=asked
    )
    if not is_new and release.status == Status.FAILED:
        vars(release).update({**work, "status": Status.WAITING, "file": asked["file"]})
        release.save()
    if is_new:
        audit.record(actor, "setup.codes_sent", release)
    if not release.is_finished:
        enqueue(LOAD, str(release.pk))
    return release


def _expect_whole(lines: Sequence[order_file.Line]) -> None:
    """Raises NotTheWholeFile."""
    complete = {line.code for line in lines if line.billable}
    in_use = DiagnosisCode.objects.filter(billable=True).exclude(release=CONFIRMED)
    used = set(in_use.values_list("code", flat=True))
    gone = len(used - complete)
    if not complete or gone > max(FEW, len(used) // SHARE):
        raise NotTheWholeFile(gone)


def load(pk: str) -> None:
    """Load a release; a second copy of the task finds nothing to do."""
    release = duties.claim(unloaded(), pk, status=Status.LOADING, progress=0)
    if release is None:
        return
    newest = selectors.in_force_on()
    is_late = newest is not None and release.in_force_on < newest
    if is_late or release.work_attempts > MAX_ATTEMPTS:
        duties.done(release, status=Status.FAILED, file=None)  # a manager may send it again
        return
    with duties.trying(release, status=Status.WAITING, progress=0):
        lines = order_file.lines(zlib.decompress(bytes(release.file or b"")))
        note = partial(_note_progress, release)
        with loading.ready(_rows(lines, release.name), note) as ready:
            _write(release, ready)
        loading.settle()


def _note_progress(release: CodeRelease, percent: int) -> None:
    duties.held(release).update(progress=min(percent, 99))


def _rows(lines: Iterable[order_file.Line], release: str) -> Iterator[DiagnosisCode]:
    """The file has no other names: those that the package has stay."""
    called = dict(DiagnosisCode.objects.exclude(also="").values_list("code", "also"))
    for line in lines:
        also = called.get(line.code) or index.also_called(line.code, {})
        yield DiagnosisCode(
            code=line.code,
            description=line.description,
            billable=line.billable,
            release=release,
            also=also if line.billable else "",
        )


@transaction.atomic
def _write(release: CodeRelease, ready: Ready) -> None:
    if duties.lock(release) is None:
        return  # it took so long that another worker has started over
    replace(ready, release)
    counted = {name: getattr(release, name) for name in ("added", "ended", "codes")}
    marks = {"status": Status.LOADED, "loaded_at": timezone.now(), "progress": 100, "file": None}
    duties.done(release, **marks, **counted)
    audit.record(release.sent_by, "setup.codes_loaded", release)


@transaction.atomic
def replace(ready: Ready, release: CodeRelease) -> None:
    """Write a release in place of the one before it, and count on the row what that changed.

    Codes of the first one have no first day: they may have been there for long.
    """
    day = release.in_force_on
    loading.write(ready, since=day if selectors.in_force_on() else None)
    loading.end_others(release=release.name, since=day)
    of_it = DiagnosisCode.objects.filter(release=release.name, billable=True)
    ended = DiagnosisCode.objects.filter(valid_through=day - timedelta(days=1))
    release.codes = of_it.count()
    release.added, release.ended = of_it.filter(valid_from=day).count(), ended.count()


def confirm(codes: Iterable[str]) -> None:
    """Keep codes that are newer than what is loaded, as a prescriber's office confirmed them.

    The release that has them says what they are called; one that lacks them ends them.
    """
    newest = selectors.in_force_on()
    begins = icd10.next_release(newest) if newest else None
    DiagnosisCode.objects.bulk_create(
        [
            DiagnosisCode(code=code, billable=True, release=CONFIRMED, valid_from=begins)
            for code in codes
        ],
        ignore_conflicts=True,
    )
