"""A questionnaire: sections of questions, read from data; which apply and which are missing.

Pure. The format is described in docs/intake.md; the texts are data, not code: a translation is a
questionnaire of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django_stubs_ext import StrOrPromise

    Answers = Mapping[str, Any]

NONE = "none"  # "none of these": excludes the others
YES_NO = (("no", _("No")), ("yes", _("Yes")))
YES_NO_UNSURE = (*YES_NO, ("unsure", _("Not sure")))
SCALE_MAX = 10
TEXT_LENGTH = 200
LONG_TEXT_LENGTH = 2000
LIST_ROWS = 5
OLDEST = date(1900, 1, 1)
TYPES = frozenset(
    {
        "text",
        "long_text",
        "phone",
        "choice",
        "choices",
        "yes_no",
        "yes_no_unsure",
        "scale",
        "number",
        "dated_list",
        "agree",
        "body_map",
    }
)


class InvalidDefinition(Exception):
    """The questionnaire's data is not in the format; the message says where."""


@dataclass(frozen=True, slots=True)
class Question:
    id: str
    type: str
    label: str
    help: str = ""
    required: bool = False
    carry: bool = True  # a new response starts from the last answer
    options: tuple[tuple[str, StrOrPromise], ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    unit: str = ""
    low: str = ""  # what the ends of a scale mean
    high: str = ""
    when: str = ""  # asked only if this question ...
    when_in: tuple[str, ...] = ()  # ... was answered with one of these
    consent: str = ""  # for a checkbox: the consent it gives

    def applies(self, answers: Answers) -> bool:
        if not self.when:
            return True
        given = answers.get(self.when)
        return any(
            value in given if isinstance(given, list) else value == given for value in self.when_in
        )

    def label_of(self, value: str) -> StrOrPromise:
        return dict(self.options).get(value, value)


@dataclass(frozen=True, slots=True)
class Section:
    id: str
    title: str
    questions: tuple[Question, ...]
    intro: str = ""
    ages: tuple[int, int] | None = None  # asked only of clients of these ages, both included

    def applies(self, age: int | None) -> bool:
        """An unknown age (None) is asked everything: better too much than too little."""
        return self.ages is None or age is None or self.ages[0] <= age <= self.ages[1]

    @property
    def is_body_map(self) -> bool:
        return any(question.type == "body_map" for question in self.questions)


@dataclass(frozen=True, slots=True)
class ConsentText:
    kind: str
    version: str
    title: str
    text: str
    required: bool


@dataclass(frozen=True, slots=True)
class Definition:
    slug: str
    version: int
    title: str
    sections: tuple[Section, ...]
    consents: tuple[ConsentText, ...]

    def sections_for(self, age: int | None) -> list[Section]:
        return [section for section in self.sections if section.applies(age)]

    def questions(self) -> Iterator[Question]:
        for section in self.sections:
            yield from section.questions


@dataclass(frozen=True, slots=True)
class Missing:
    section: Section
    question: Question


def parse(data: Mapping[str, Any]) -> Definition:
    """Read a definition.

    Raises:
        InvalidDefinition: something is missing, misspelled or refers to nothing.
    """
    try:
        definition = Definition(
            slug=data["slug"],
            version=data["version"],
            title=data["title"],
            sections=tuple(_section(section) for section in data["sections"]),
            consents=tuple(ConsentText(**consent) for consent in data["consents"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        message = f"not a questionnaire: {error}"
        raise InvalidDefinition(message) from error
    _check(definition)
    return definition


def _section(data: Mapping[str, Any]) -> Section:
    ages = data.get("ages")
    return Section(
        id=data["id"],
        title=data["title"],
        intro=data.get("intro", ""),
        ages=(ages[0], ages[1]) if ages else None,
        questions=tuple(_question(question) for question in data["questions"]),
    )


def _question(data: Mapping[str, Any]) -> Question:
    fields = dict(data)
    # Pairs, not an object: PostgreSQL does not keep the order of an object's keys.
    options = tuple((value, label) for value, label in fields.pop("options", []))
    when = fields.pop("when", None) or {}
    built_in = {"yes_no": YES_NO, "yes_no_unsure": YES_NO_UNSURE}
    return Question(
        **fields,
        options=built_in.get(data["type"], options),
        when=when.get("question", ""),
        when_in=tuple(when.get("in", ())),
    )


def _check(definition: Definition) -> None:
    seen: dict[str, Question] = {}
    for question in definition.questions():
        if question.type not in TYPES:
            message = f"{question.id}: unknown type {question.type}"
            raise InvalidDefinition(message)
        if question.id in seen:
            message = f"{question.id}: asked twice"
            raise InvalidDefinition(message)
        if question.when and question.when not in seen:
            message = f"{question.id}: depends on {question.when}, which is not asked before it"
            raise InvalidDefinition(message)
        if question.type in {"choice", "choices"} and not question.options:
            message = f"{question.id}: no options"
            raise InvalidDefinition(message)
        if question.consent and question.consent not in {c.kind for c in definition.consents}:
            message = f"{question.id}: no consent text {question.consent}"
            raise InvalidDefinition(message)
        seen[question.id] = question


def effective(definition: Definition, answers: Answers, *, age: int | None) -> dict[str, Any]:
    """The answers that count: without those to questions that the other answers rule out."""
    kept: dict[str, Any] = {}
    for section in definition.sections_for(age):
        for question in section.questions:
            if question.id in answers and question.applies(kept):
                kept[question.id] = answers[question.id]
    return kept


def missing(
    definition: Definition, answers: Answers, *, age: int | None, today: date
) -> list[Missing]:
    """Required questions that are unanswered, or not validly answered, in order."""
    counted = effective(definition, answers, age=age)
    return [
        Missing(section, question)
        for section in definition.sections_for(age)
        for question in section.questions
        if (question.required and question.applies(counted) and question.id not in counted)
        or (question.id in counted and problem(question, counted[question.id], today=today))
    ]


def carried(definition: Definition, answers: Answers) -> dict[str, Any]:
    """What a new response starts from: last time's answers, except those about today."""
    keep = {question.id for question in definition.questions() if question.carry}
    return {key: value for key, value in answers.items() if key in keep}


def problem(question: Question, value: Any, *, today: date) -> StrOrPromise | None:
    """What is wrong with an answer, in words for the client; None when nothing is."""
    match question.type:
        case "text" | "phone" | "long_text":
            longest = LONG_TEXT_LENGTH if question.type == "long_text" else TEXT_LENGTH
            if not isinstance(value, str) or len(value) > longest:
                return _("Please make this shorter.")
        case "choice" | "yes_no" | "yes_no_unsure":
            if value not in dict(question.options):
                return _("Please choose one of the answers.")
        case "choices":
            return _choices_problem(question, value)
        case "scale" | "number":
            low = question.minimum or 0
            high = SCALE_MAX if question.maximum is None else question.maximum
            if type(value) is not int or not low <= value <= high:
                return _("Please enter a whole number from %(low)s to %(high)s.") % {
                    "low": low,
                    "high": high,
                }
        case "dated_list":
            return _rows_problem(question, value, today)
        case _:
            return None
    return None


def _choices_problem(question: Question, value: Any) -> StrOrPromise | None:
    if not isinstance(value, list) or not set(value) <= set(dict(question.options)):
        return _("Please choose from the answers.")
    if NONE in value and len(value) > 1:
        return _('"None of these" cannot go with another answer.')
    return None


def _rows_problem(question: Question, value: Any, today: date) -> StrOrPromise | None:
    if not isinstance(value, list) or len(value) > LIST_ROWS:
        return _("Please shorten the list.")
    for row in value:
        if not row.get("what") or not row.get("date"):
            return _("Please enter both what it was and when.")
        if len(row["what"]) > TEXT_LENGTH:
            return _("Please make this shorter.")
        if not OLDEST <= date.fromisoformat(row["date"]) <= today:
            return _("The date cannot be in the future or before 1900.")
    return None
