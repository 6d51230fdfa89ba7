"""Writing a letter to the prescriber, signing it, withdrawing it. Each step locks it first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic import access
from clinic.audit import services as audit
from clinic.documents import fonts
from clinic.messaging import outbox
from prescriptions.models import Prescription
from treatment import sessions
from treatment.letters import content, record, selectors
from treatment.letters import facts as told
from treatment.letters.due import Why
from treatment.letters.errors import (
    LetterGone,
    LetterIncomplete,
    LetterNotRead,
    LetterNotSigned,
    LetterSigned,
    NotPrintable,
    ReasonNeeded,
)
from treatment.models import ProgressLetter
from treatment.notes.services import name_of, tidy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import Client, User
    from treatment.letters.facts import Facts

WITHDRAWAL = ("withdrawn_by", "withdrawn_name", "withdrawn_at", "withdrawn_reason")


@transaction.atomic
def begin(*, actor: User, prescription: Prescription) -> ProgressLetter:
    """The draft of an order's next letter; the one that is there already, if any.

    Raises:
        PermissionDenied: the actor does not treat, or it is their own record.
        NothingToReport: no note of a visit on this order is signed.
    """
    require(actor, prescription.client)
    # Two windows begin it at once: the second waits here and finds the first one's.
    order = Prescription.objects.select_for_update(no_key=True).get(pk=prescription.pk)
    known = ProgressLetter.objects.filter(prescription=order, signed_at=None).first()
    if known is not None:
        return known
    notes = record.notes_of(order)
    facts = record.facts_of(order, notes)
    made = ProgressLetter.objects.create(
        prescription=order,
        why=selectors.why_of(order) or Why.WANTED,
        said=content.drafted(facts.patient, notes[-1].said),
        begun_by=actor,
    )
    audit.record(actor, "letter.begun", made, client=order.client)
    return made


@transaction.atomic
def keep(*, actor: User, letter: ProgressLetter, said: Mapping[str, str]) -> ProgressLetter:
    """Keep the words of a draft.

    Raises:
        PermissionDenied: as for `begin`. LetterSigned: it does not change any more.
    """
    locked = _draft(actor, letter)
    locked.said = {name: tidy(said.get(name, "")) for name in content.NAMES}
    locked.save(update_fields=["said", "updated_at"])
    return locked


@transaction.atomic
def sign(*, actor: User, letter: ProgressLetter, seen: str) -> ProgressLetter:
    """Sign the letter as who is signed in. `seen`: the mark of the record that they read.

    Raises:
        PermissionDenied, LetterSigned: as for `keep`. Signed already by them, it stays as it is.
        NothingToReport: its notes or visits are gone.
        LetterNotRead: the record says something else by now.
        LetterIncomplete, NotPrintable.
    """
    known = locked_letter(letter)
    if known.signed_by_id == actor.pk:
        return known  # a second click
    draft = _draft(actor, letter)
    order = draft.prescription
    facts = record.facts_of(order, record.notes_of(order))
    if told.mark_of(facts) != seen:
        raise LetterNotRead
    if lacking := content.missing(draft.said):
        raise LetterIncomplete(lacking)
    draft.facts, draft.through = facts.as_data(), facts.through
    draft.signed_by, draft.signed_name, draft.signed_at = actor, name_of(actor), timezone.now()
    if letters := fonts.unprintable(_text(draft)):
        raise NotPrintable(fonts.spelled(letters))
    draft.sha256 = hash_of(draft)
    sessions.act_as(actor)
    draft.save()
    audit.record(actor, "letter.signed", draft, client=order.client)
    return draft


@transaction.atomic
def withdraw(*, actor: User, letter: ProgressLetter, reason: str) -> ProgressLetter:
    """Withdraw a wrong letter. It stays, its links open nothing more, and a new one may be written.

    Raises:
        PermissionDenied: as for `begin`. ReasonNeeded.
        LetterNotSigned: a draft is put right instead. LetterGone: it was withdrawn already.
    """
    require(actor, letter.prescription.client)
    locked = locked_letter(letter)
    if not locked.is_signed:
        raise LetterNotSigned
    if locked.is_withdrawn:
        raise LetterGone
    if not (reason := reason.strip()):
        raise ReasonNeeded
    locked.withdrawn_by, locked.withdrawn_name = actor, name_of(actor)
    locked.withdrawn_at, locked.withdrawn_reason = timezone.now(), reason
    sessions.act_as(actor)
    # Nothing else: to save the words would encrypt them again.
    locked.save(update_fields=[*WITHDRAWAL, "updated_at"])
    outbox.withdraw(about=locked.pk)
    audit.record(actor, "letter.withdrawn", locked, client=locked.prescription.client)
    return locked


def facts_of(letter: ProgressLetter) -> Facts:
    """As it was signed; of a draft, as the record stands now. Raises NothingToReport."""
    if letter.is_signed:
        return told.Facts.from_data(letter.facts)
    order = letter.prescription
    return record.facts_of(order, record.notes_of(order))


def is_as_signed(letter: ProgressLetter) -> bool:
    """False shows a change past the triggers."""
    return letter.sha256 == hash_of(letter)


def hash_of(letter: ProgressLetter) -> str:
    if letter.signed_by_id is None or letter.signed_at is None:
        raise LetterNotSigned
    return told.digest(
        order=letter.prescription_id,
        why=letter.why,
        facts=letter.facts,
        said=letter.said,
        by=letter.signed_by_id,
        name=letter.signed_name,
        at=letter.signed_at,
    )


def locked_letter(letter: ProgressLetter) -> ProgressLetter:
    rows = ProgressLetter.objects.select_for_update(no_key=True, of=("self",))
    return rows.select_related("prescription__client").get(pk=letter.pk)


def require(actor: User, client: Client) -> None:
    """Who treats, and never of themselves or of somebody they act for. Raises PermissionDenied."""
    access.require(actor, lambda one: access.treats(one, client))


def _draft(actor: User, letter: ProgressLetter) -> ProgressLetter:
    require(actor, letter.prescription.client)
    locked = locked_letter(letter)
    if locked.is_signed:
        raise LetterSigned
    return locked


def _text(letter: ProgressLetter) -> str:
    return "".join([str(letter.facts), *letter.said.values(), letter.signed_name])
