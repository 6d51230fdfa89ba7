"""A tablet in a client's hands: handed over, used, ended, taken back. Writes.

The row decides, not the browser: after five idle minutes it has ended for all who ask next, and a
sweep ends those of which nobody asks any more.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from clinic import access
from clinic.accounts import lending
from clinic.audit import services as audit
from clinic.people import services as people
from intake import errors, services
from intake.models import Handover

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client, User

IDLE = timedelta(minutes=5)
STEP = timedelta(seconds=5)  # what someone does is written down at most this often
MOST_TRIES, TRIES_FOR = 5, timedelta(minutes=15)

End = Handover.End


@transaction.atomic
def hand_over(*, actor: User, client: Client, visit: UUID | None = None) -> Handover:
    """Begin the questionnaire of one client on the browser that the staff member holds.

    Nothing that was signed before is carried over: anyone who held it next could read it. A tablet
    that is still out for the same client ends.

    Raises:
        NoQuestionnaire: none is published.
        BirthDateMissing: add it first; who signs depends on it.
        RecordMerged: it has since been merged into another record.
    """
    access.require(actor, access.in_care_team)
    people.lock(client)
    people.expect_birth_date(client)  # else the client could fill in all of it, and not sign
    for other in Handover.objects.filter(client=client, ended_at=None):
        take_back(actor=actor, handover=other)
    response = services.start(actor=actor, client=client, blank=True)
    handover = Handover.objects.create(
        client=client, response=response, visit=visit, handed_by=actor
    )
    audit.record(actor, "intake.tablet_handed", handover)
    return handover


def touch(handover: Handover) -> None:
    """Someone is using it."""
    now = timezone.now()
    if now - handover.seen_at >= STEP:
        Handover.objects.filter(pk=handover.pk, ended_at=None).update(seen_at=now)


def answered(handover: Handover, section: str) -> None:
    """From now on this section's answers may be shown here: they were given here."""
    if section in handover.sections:
        return
    with transaction.atomic():
        row = _lock(handover)
        row.sections = sorted({*row.sections, section})
        row.save(update_fields=["sections", "updated_at"])
        handover.sections = row.sections


def settle(handover: Handover) -> None:
    """End it if it was left idle."""
    if handover.ended_at is None and timezone.now() - handover.seen_at >= IDLE:
        _end(handover, End.IDLE)


def finish(handover: Handover) -> None:
    """The client has signed."""
    _end(handover, End.FINISHED)


def idle() -> QuerySet[Handover]:
    return Handover.objects.filter(ended_at=None, seen_at__lte=timezone.now() - IDLE)


def end_idle() -> int:
    """End those that were left lying, as seen from the server; returns how many."""
    return sum(_end(handover, End.IDLE) for handover in idle())


@transaction.atomic
def _end(handover: Handover, how: str, actor: User | None = None) -> bool:
    """Once, no matter who comes first. One that someone used in the meantime is not idle."""
    now = timezone.now()
    rows = Handover.objects.filter(pk=handover.pk, ended_at=None)
    if how == End.IDLE:
        rows = rows.filter(seen_at__lte=now - IDLE)
    ended = bool(rows.update(ended_at=now, how=how, updated_at=now))
    handover.refresh_from_db(fields=["ended_at", "how", "seen_at"])
    if ended:
        audit.record(actor, "intake.tablet_ended", handover, how=how, began=handover.created_at)
    return ended


@transaction.atomic
def take_back(*, actor: User, handover: Handover) -> None:
    """The staff have it again, or give up on it: what is open on it closes, wherever it lies.

    Raises:
        PermissionDenied: only who treats or checks in clients may.
    """
    access.require(actor, access.in_care_team)
    _end(handover, End.TAKEN_BACK, actor)
    now = timezone.now()
    rows = Handover.objects.filter(pk=handover.pk, back_at=None)
    if rows.update(back_at=now, back_by=actor, updated_at=now):
        audit.record(actor, "intake.tablet_back", handover)
    handover.refresh_from_db(fields=["back_at", "back_by"])


def unlock(*, handover: Handover, word: str) -> str:
    """Take it back with the word of the person who handed it over; returns how they proved it.

    Raises:
        WrongWord: neither their password nor a code of their app.
        TooManyTries: five were wrong; a quarter of an hour later there are five more.
    """
    with transaction.atomic():
        row = _lock(handover)
        if row.back_at is not None:
            raise errors.AlreadyBack
        _expect_tries_left(row)
        how = lending.proof(row.handed_by, word)
        if how:
            take_back(actor=row.handed_by, handover=row)
        else:
            Handover.objects.filter(pk=row.pk).update(
                wrong_tries=F("wrong_tries") + 1, tried_at=timezone.now()
            )
            audit.record(None, "intake.tablet_refused", row)
    if not how:
        raise errors.WrongWord
    return how


def _expect_tries_left(row: Handover) -> None:
    if row.tried_at is None or row.wrong_tries < MOST_TRIES:
        return
    if timezone.now() - row.tried_at < TRIES_FOR:
        raise errors.TooManyTries
    Handover.objects.filter(pk=row.pk).update(wrong_tries=0)


def _lock(handover: Handover) -> Handover:
    rows = Handover.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("handed_by", "client").get(pk=handover.pk)
