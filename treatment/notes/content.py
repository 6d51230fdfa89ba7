"""What a note says, field by field, what it must say before it is signed, and what is carried over.

Pure. What is needed follows the minimum of Maryland's COMAR 10.65.06.01 for a massage record: the
reason, an assessment, the plan, the techniques and the response to them; techniques and minutes are
the visit's own. Pain is the numeric rating scale, whole numbers from 0 to 10.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic import body
from treatment.notes.relief import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django_stubs_ext import StrOrPromise

LONGEST = 4000  # characters of one field
WORST = 10
NOT_SAID = "not-said"
SCORES = (*(str(score) for score in range(WORST + 1)), NOT_SAID)


class Section(StrEnum):
    ASSESS = "assess"
    TREAT = "treat"
    TEACH = "teach"
    PLAN = "plan"

    @property
    def label(self) -> StrOrPromise:
        return SECTIONS[self]


SECTIONS: dict[Section, StrOrPromise] = {
    Section.ASSESS: _("Assess"),
    Section.TREAT: _("Treat"),
    Section.TEACH: _("Teach"),
    Section.PLAN: _("Plan"),
}


class Kind(StrEnum):
    WORDS = "words"
    SCORE = "score"
    CHOICE = "choice"
    PICKS = "picks"  # any number of its choices, kept with spaces between them
    PLACES = "places"  # the same on the body map


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    section: Section
    label: StrOrPromise
    kind: Kind = Kind.WORDS
    is_needed: bool = False
    is_carried: bool = True  # its words may be copied from the last note; a score never is
    choices: tuple[tuple[str, StrOrPromise], ...] = ()
    or_else: str = ""  # the field that will do in its place

    @property
    def takes_several(self) -> bool:
        return self.kind in (Kind.PICKS, Kind.PLACES)

    @property
    def values(self) -> frozenset[str]:
        """What it may hold, or each part of it, if that is not words."""
        if self.kind == Kind.SCORE:
            return frozenset(SCORES)
        return frozenset(value for value, _label in self.choices)


def _score(name: str, section: Section, label: StrOrPromise, *, needed: bool = False) -> Field:
    return Field(name, section, label, Kind.SCORE, is_needed=needed, is_carried=False)


TREATMENT = (
    Field("reason", Section.ASSESS, _("What the client says"), is_needed=True),
    _score("pain_now", Section.ASSESS, _("Pain before, now"), needed=True),
    _score("pain_best", Section.ASSESS, _("At its best since the last visit")),
    _score("pain_worst", Section.ASSESS, _("At its worst since the last visit")),
    Field(
        "relief",
        Section.ASSESS,
        _("How long did the last visit help?"),
        Kind.CHOICE,
        is_carried=False,
        choices=tuple((answer.value, answer.label) for answer in Answer),
    ),
    Field(
        "hurts",
        Section.ASSESS,
        _("Where it hurts"),
        Kind.PLACES,
        choices=tuple((place.key, place.label) for place in body.places()),
    ),
    Field("findings", Section.ASSESS, _("What I find"), is_needed=True),
    Field("tests", Section.ASSESS, _("Range of motion and tests")),
    Field("treated", Section.TREAT, _("Regions and how they were treated"), is_needed=True),
    Field(
        "response",
        Section.TREAT,
        _("How the client responded"),
        is_needed=True,
        is_carried=False,
    ),
    _score("pain_after", Section.TREAT, _("Pain after, once the client is up"), needed=True),
    Field("given", Section.TEACH, _("Stretches and habits to take home"), Kind.PICKS),
    Field("advice", Section.TEACH, _("Self-care given"), is_needed=True, or_else="given"),
    Field("plan", Section.PLAN, _("Plan"), is_needed=True),
)
CONSULTATION = (
    Field("history", Section.ASSESS, _("History"), is_needed=True),
    _score("pain_now", Section.ASSESS, _("Pain now")),
    Field("findings", Section.ASSESS, _("Evaluation"), is_needed=True),
    Field(
        "recommendation",
        Section.PLAN,
        _("Recommendation"),
        Kind.CHOICE,
        is_needed=True,
        is_carried=False,
        choices=(
            ("medical", _("Medical massage")),
            ("therapeutic", _("Therapeutic massage")),
            ("physician", _("See a physician first")),
        ),
    ),
    Field("plan", Section.PLAN, _("Why, and what next"), is_needed=True),
)


def valid(field: Field, value: str) -> bool:
    """Whether a field may hold this; empty takes back what was there."""
    if not value:
        return True
    if field.kind == Kind.WORDS:
        return len(value) <= LONGEST
    parts = value.split() if field.takes_several else [value]
    return field.values.issuperset(parts) and len(set(parts)) == len(parts)


def missing(fields: Sequence[Field], said: Mapping[str, str]) -> list[Field]:
    """What is needed before signing and is not there yet, in the note's order."""

    def is_said(name: str) -> bool:
        return bool(said.get(name, "").strip())

    return [
        field
        for field in fields
        if field.is_needed and not is_said(field.name) and not is_said(field.or_else)
    ]


def carried(
    fields: Sequence[Field], said: Mapping[str, str], last: Mapping[str, str]
) -> dict[str, str]:
    """What is said, and where nothing is yet, the words of the last note; never a score."""
    more = {
        field.name: last[field.name]
        for field in fields
        if field.is_carried and last.get(field.name) and not said.get(field.name)
    }
    return {**said, **more}


def changed(fields: Sequence[Field], said: Mapping[str, str], last: Mapping[str, str]) -> set[str]:
    """The fields that say something, and something else than the last note did."""
    return {
        field.name
        for field in fields
        if last.get(field.name) and said.get(field.name, "") not in ("", last[field.name])
    }


def score(said: Mapping[str, str], name: str) -> int | None:
    """A score as a number; None while it is unknown."""
    value = said.get(name, "")
    return int(value) if value.isdecimal() else None


def spoken(field: Field, value: str) -> str:
    """A value as people read it."""
    if field.kind == Kind.SCORE and value:
        return str(_("not said")) if value == NOT_SAID else f"{value} / {WORST}"
    if field.kind == Kind.WORDS or not value:
        return value
    labels = dict(field.choices)
    parts = value.split() if field.takes_several else [value]
    return ", ".join(str(labels[one]) for one in parts if one in labels)
