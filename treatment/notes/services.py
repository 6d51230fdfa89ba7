"""Writing a note, signing it, adding to it. Each step locks the note first.

Lock order: the note, then its visit.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic import access
from clinic.audit import services as audit
from clinic.models import Service
from treatment import selectors, sessions
from treatment.models import NoteAddendum, TreatmentNote, Visit
from treatment.notes import chain, content
from treatment.notes.errors import (
    ChangedMeanwhile,
    NoteIncomplete,
    NoteNotSigned,
    NoteOfUnfinished,
    NoteSigned,
    NotForThisField,
    NothingSaid,
    NotRead,
)
from treatment.selfcare import selectors as selfcare

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from clinic.models import User
    from treatment.notes.content import Field


def fields_of(visit: Visit) -> Sequence[Field]:
    """A free consultation has a note of its own kind. One query: what can be given."""
    kind = visit.appointment.option.service.kind
    if kind == Service.Kind.CONSULTATION:
        return content.CONSULTATION
    given = selfcare.titles()
    return [
        replace(field, choices=given) if field.name == selfcare.FIELD else field
        for field in content.TREATMENT
    ]


def mark_of(value: str) -> str:
    """What a page sends back, so that it is known which text somebody changed."""
    return sha256(value.encode()).hexdigest()[:16]


def tidy(value: str) -> str:
    """As it is kept: a form sends other line ends than a script does."""
    return value.replace("\r\n", "\n").strip()


@transaction.atomic
def save_field(*, actor: User, visit: Visit, name: str, value: str, seen: str) -> TreatmentNote:
    """Keep one field of the draft; the first begins it.

    `seen`: the mark of what the field said when this writer began (`mark_of`).

    Raises:
        PermissionDenied: the actor does not record treatment.
        NoteSigned: it takes addenda only.
        NotForThisField: no such field, or not one of its answers, or too long.
        ChangedMeanwhile: the field says something else by now.
    """
    _require(actor, visit)
    note = _draft(actor, visit)
    field = next((one for one in fields_of(visit) if one.name == name), None)
    value = tidy(value)
    if field is None or not content.valid(field, value):
        raise NotForThisField
    now = note.said.get(name, "")
    if now != value and seen != mark_of(now):
        raise ChangedMeanwhile(now)
    if now != value:
        note.said = {**note.said, name: value}
        note.save(update_fields=["said", "updated_at"])
    return note


@transaction.atomic
def copy_last(*, actor: User, visit: Visit) -> TreatmentNote:
    """Fill what is empty with the words of the client's last signed note; scores stay empty.

    Raises:
        PermissionDenied, NoteSigned: as for `save_field`.
    """
    _require(actor, visit)
    note = _draft(actor, visit)
    last = last_signed(visit)
    if last is not None:
        note.said = content.carried(fields_of(visit), note.said, selfcare.renewed(last.said))
        note.save(update_fields=["said", "updated_at"])
    return note


@transaction.atomic
def sign(*, actor: User, visit: Visit, read: Mapping[str, str] | None = None) -> TreatmentNote:
    """Sign the note as who is signed in; signed already by them, it stays as it is.

    `read`: what the signer has before them, field by field.

    Raises:
        PermissionDenied: the actor does not record treatment, or it is their own.
        NotRead: it says something else by now than they have read.
        NoteSigned: somebody else has signed it.
        NoteOfUnfinished: the session is not finished.
        NoteIncomplete: names what is missing.
    """
    _require(actor, visit)
    known = locked(visit)
    if known is not None and known.signed_by_id == actor.pk:
        return known  # a second click
    note = _draft(actor, visit)
    fresh = Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    if fresh.status != Visit.Status.FINISHED:
        raise NoteOfUnfinished
    fields = fields_of(visit)
    if read is not None and (
        unread := [one for one in fields if note.said.get(one.name, "") != tidy(read[one.name])]
    ):
        raise NotRead(unread)
    if lacking := content.missing(fields, note.said):
        raise NoteIncomplete(lacking)
    note.figures = sessions.figures(fresh)
    note.signed_by, note.signed_name, note.signed_at = actor, name_of(actor), timezone.now()
    note.sha256 = hash_of(note)
    sessions.act_as(actor)
    note.save()
    audit.record(actor, "note.signed", note, client=visit.appointment.client)
    return note


@transaction.atomic
def add(*, actor: User, visit: Visit, text: str, form_token: UUID) -> NoteAddendum:
    """Add to a signed note, under the actor's own name. The same form twice is one.

    Raises:
        PermissionDenied: the actor does not record treatment.
        NoteNotSigned: there is nothing to add to.
        NothingSaid: no text. NotForThisField: too long.
    """
    _require(actor, visit)
    note = locked(visit)
    if note is None or not note.is_signed:
        raise NoteNotSigned
    if known := NoteAddendum.objects.filter(note=note, form_token=form_token).first():
        return known
    text = text.strip()
    if not text:
        raise NothingSaid
    if len(text) > content.LONGEST:
        raise NotForThisField
    last = note.addenda.last()
    number, before = (last.number + 1, last.sha256) if last else (1, note.sha256)
    made = NoteAddendum(
        note=note,
        number=number,
        by=actor,
        name=name_of(actor),
        at=timezone.now(),
        text=text,
        form_token=form_token,
    )
    made.sha256 = _hash_of_addendum(made, before)
    sessions.act_as(actor)
    made.save(force_insert=True)
    audit.record(actor, "note.added_to", note, client=visit.appointment.client)
    return made


def is_as_signed(note: TreatmentNote) -> bool:
    """Whether note and addenda are what was signed: false shows a change past the triggers."""
    links = [(note.sha256, hash_of(note))]
    before = note.sha256
    for one in note.addenda.all():
        links.append((one.sha256, _hash_of_addendum(one, before)))
        before = one.sha256
    return all(kept == counted for kept, counted in links)


def hash_of(note: TreatmentNote) -> str:
    if note.signed_by_id is None or note.signed_at is None:
        raise NoteNotSigned
    return chain.of_note(
        visit=note.visit_id,
        said=note.said,
        figures=note.figures,
        by=note.signed_by_id,
        name=note.signed_name,
        at=note.signed_at,
    )


def _hash_of_addendum(one: NoteAddendum, before: str) -> str:
    return chain.of_addendum(
        before=before, number=one.number, text=one.text, by=one.by_id, name=one.name, at=one.at
    )


def locked(visit: Visit) -> TreatmentNote | None:
    rows = TreatmentNote.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(visit=visit).first()


def _draft(actor: User, visit: Visit) -> TreatmentNote:
    """The locked draft, begun if there is none. Raises NoteSigned."""
    note = locked(visit)
    if note is None:
        # Two windows begin it at once: the second waits here and writes in the first one's.
        found, is_new = TreatmentNote.objects.get_or_create(
            visit=visit, defaults={"begun_by": actor}
        )
        if is_new:
            audit.record(actor, "note.begun", found, client=visit.appointment.client)
        note = TreatmentNote.objects.select_for_update(no_key=True).get(visit=visit)
    if note.is_signed:
        raise NoteSigned
    return note


def last_signed(visit: Visit) -> TreatmentNote | None:
    """The client's last signed note before this visit, no matter who treated."""
    return (
        TreatmentNote.objects.filter(
            visit__appointment__client=visit.appointment.client_id,
            signed_at__isnull=False,
            visit__status=Visit.Status.FINISHED,  # not one that was taken back
            visit__appointment__starts_at__lt=visit.appointment.starts_at,
        )
        .select_related("visit__appointment")
        .order_by("-visit__appointment__starts_at")
        .first()
    )


def name_of(user: User) -> str:
    """As a note is signed: a therapist with the credential."""
    therapist = selectors.own_therapist(user)
    return therapist.title if therapist else user.display_name or user.email


def not_in(note: TreatmentNote, typed: Mapping[str, str]) -> str:
    """What somebody typed while the note was signed elsewhere: it can still be added."""
    if not typed:
        return ""
    lines = [
        f"{field.label}: {content.spoken(field, value) or value}"
        for field in fields_of(note.visit)
        if (value := tidy(typed.get(field.name, ""))) and value != note.said.get(field.name, "")
    ]
    return "\n".join(lines)[: content.LONGEST]


def _require(actor: User, visit: Visit) -> None:
    """Who treats, and never of themselves or of somebody they act for. Raises PermissionDenied."""
    client = visit.appointment.client
    access.require(actor, lambda one: access.treats(one, client))
