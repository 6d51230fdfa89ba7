"""Phrases of a therapist's own: kept, changed, put in order, removed. Each step locks the login."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404

from clinic import access
from clinic.audit import services as audit
from clinic.models import User
from treatment.models import Phrase
from treatment.notes.content import CONSULTATION, TREATMENT, Kind
from treatment.notes.errors import NotForThisField, NothingSaid, PhraseTooLong, TooManyPhrases
from treatment.notes.services import tidy

if TYPE_CHECKING:
    from treatment.notes.content import Field

MOST = 60  # of one login
LONGEST = 500  # characters of one
# A field that both kinds of notes have is one, under the label that treatment notes give it.
FIELDS: dict[str, Field] = {
    field.name: field for field in (*CONSULTATION, *TREATMENT) if field.kind == Kind.WORDS
}


def of(user: User) -> dict[str, list[Phrase]]:
    """A login's phrases by field, in their order; one query."""
    found: dict[str, list[Phrase]] = {}
    for phrase in user.phrases.all():
        found.setdefault(phrase.field, []).append(phrase)
    return found


@transaction.atomic
def keep(*, actor: User, field: str, text: str) -> Phrase:
    """Add a phrase at the end; one that is there already stays as it is.

    Raises:
        PermissionDenied: the actor does not record treatment.
        NotForThisField: the note has no such field of words.
        NothingSaid, PhraseTooLong, TooManyPhrases.
    """
    mine = _locked(actor)
    text = _checked(text)
    if field not in FIELDS:
        raise NotForThisField
    if known := next((one for one in mine if (one.field, one.text) == (field, text)), None):
        return known
    if len(mine) >= MOST:
        raise TooManyPhrases
    place = max((one.position for one in mine if one.field == field), default=0) + 1
    made = Phrase.objects.create(owner=actor, field=field, text=text, position=place)
    audit.record(actor, "phrase.added", made)
    return made


@transaction.atomic
def change(*, actor: User, pk: str, text: str) -> None:
    """Say it differently. Raises Http404 for one of somebody else; else as `keep`."""
    phrase = _mine(_locked(actor), pk)
    phrase.text = _checked(text)
    phrase.save(update_fields=["text", "updated_at"])
    audit.record(actor, "phrase.changed", phrase)


@transaction.atomic
def move_up(*, actor: User, pk: str) -> None:
    """Before the one above it in its field; the first stays first. Raises Http404."""
    mine = _locked(actor)
    phrase = _mine(mine, pk)
    row = [one for one in mine if one.field == phrase.field]
    place = row.index(phrase)
    if place:
        row[place - 1], row[place] = row[place], row[place - 1]
    for number, one in enumerate(row, start=1):
        one.position = number
    Phrase.objects.bulk_update(row, ["position"])


@transaction.atomic
def remove(*, actor: User, pk: str) -> None:
    """What was written with it stays in the notes. Raises Http404."""
    phrase = _mine(_locked(actor), pk)
    audit.record(actor, "phrase.removed", phrase)
    phrase.delete()


def _locked(actor: User) -> list[Phrase]:
    """The actor's phrases; of two windows the second waits. Raises PermissionDenied."""
    access.require(actor, access.records_treatment)
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    return list(actor.phrases.all())


def _mine(mine: list[Phrase], pk: str) -> Phrase:
    found = next((one for one in mine if str(one.pk) == pk), None)
    if found is None:
        raise Http404
    return found


def _checked(text: str) -> str:
    text = tidy(text)
    if not text:
        raise NothingSaid
    if len(text) > LONGEST:
        raise PhraseTooLong
    return text
