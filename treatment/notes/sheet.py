"""A signed note as it is printed: the page, and a mark of all that it shows.

Knows no printer, so that a web process can tell whether a PDF still shows what is true.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.functional import cached_property

from clinic.documents import fonts, letterhead
from prescriptions import areas
from prescriptions.models import VisitReservation
from treatment import selectors
from treatment.confirming.selectors import word_of
from treatment.notes import services
from treatment.notes.errors import NoteNotSigned
from treatment.notes.selectors import lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from clinic.documents.letterhead import Logo
    from treatment.confirming.selectors import Word
    from treatment.history import Entry
    from treatment.models import NoteAddendum, TreatmentNote, Visit
    from treatment.notes.content import Field, Section

TEMPLATE = "treatment/notes/pdf.html"
MARK = 12  # letters of the hash: enough to tell two notes apart, and to be read out


@dataclass(frozen=True, slots=True)
class Sheet:
    html: str
    mark: str  # differs as soon as anything on the page does
    logo: Logo | None


@dataclass(frozen=True)
class _Told:
    """What the page says, for the template."""

    note: TreatmentNote
    visit: Visit

    @cached_property
    def sections(self) -> list[tuple[Section, list[tuple[Field, str]]]]:
        """What was said in the note's order, by its parts."""
        found: dict[Section, list[tuple[Field, str]]] = {}
        for field, words in lines(services.fields_of(self.visit), self.note.said):
            found.setdefault(field.section, []).append((field, words))
        return list(found.items())

    @cached_property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.visit.minutes.all())

    @cached_property
    def order_number(self) -> int:
        """Which visit on its order this one is; those given back do not count."""
        mine = self.visit.appointment.reservation
        if mine is None:
            return 0
        before = Q(visit_on__lt=mine.visit_on) | Q(
            visit_on=mine.visit_on, created_at__lte=mine.created_at
        )
        rows = VisitReservation.objects.filter(before, prescription=mine.prescription_id)
        return rows.exclude(status=VisitReservation.Status.RELEASED).count()

    @cached_property
    def corrections(self) -> list[Entry]:
        """Oldest first, as they came."""
        return selectors.history_of(self.visit)[::-1]

    @cached_property
    def addenda(self) -> list[NoteAddendum]:
        return list(self.note.addenda.all())

    @cached_property
    def word(self) -> Word | None:
        """What the client has said of it."""
        return word_of(self.visit)

    @cached_property
    def treated(self) -> list[areas.Side]:
        return _drawn(self.visit.regions)

    @cached_property
    def hurts(self) -> list[areas.Side]:
        return _drawn(self.note.said.get("hurts", "").split())

    @property
    def short_hash(self) -> str:
        return self.note.sha256[:MARK]

    @property
    def is_as_signed(self) -> bool:
        return services.is_as_signed(self.note)

    @property
    def unprintable(self) -> str:
        """Letters that no font of ours has, so that nobody takes a box for what was written."""
        said = [*self.note.said.values(), *(one.text for one in self.addenda)]
        return fonts.spelled(fonts.unprintable("".join(str(one) for one in said)))

    @cached_property
    def changed_at(self) -> datetime:
        """When the page last came to say something new."""
        if self.note.signed_at is None:
            raise NoteNotSigned
        later = [*(one.at for one in self.addenda), *(one.row.at for one in self.corrections)]
        if self.word is not None and self.word.last is not None:
            later.append(self.word.last.at)
        return max([self.note.signed_at, *later])


def of(note: TreatmentNote) -> Sheet:
    """As things are now. Raises NoteNotSigned."""
    visit = selectors.visits().get(pk=note.visit_id)
    place = visit.appointment.location
    logo = letterhead.logo_of(place)
    told = _Told(note, visit)
    if note.signed_at is None:
        raise NoteNotSigned
    with timezone.override(place.zone), translation.override("en-us"):
        page = {
            "told": told,
            "note": note,
            "visit": visit,
            "appointment": visit.appointment,
            "client": visit.appointment.client,
            "clinic": place,
            "logo": logo,
        }
        html = render_to_string(TEMPLATE, page)
    drawn = place.logo.sha256 if place.logo and logo else ""
    return Sheet(html, hashlib.sha256(f"{drawn} {html}".encode()).hexdigest(), logo)


def _drawn(keys: Sequence[str]) -> list[areas.Side]:
    """The sides of the body with something on them; `keys`: of `clinic.body.Place`."""
    return areas.drawing(areas.known(keys))
