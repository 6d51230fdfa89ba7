"""Where neither a tablet nor a paper form can be had: the therapist asks, and answers for it.

For one visit, on its day, by the therapist who treats it. The questionnaire stays due.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from clinic import access
from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from clinic.people import services as people
from intake import errors, screening, selectors, services
from intake.aloud import questions
from intake.models import Consent, OralScreening
from intake.services import SIGN_FOR_MINORS
from intake.signature_hash import sha256_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import Client, User
    from intake.models import Questionnaire
    from intake.questionnaire import ConsentText
    from intake.visits import Coming

How = OralScreening.How
LONGEST_DRAWING = 60_000  # characters
FEWEST_POINTS = 8  # fewer are a slip of the finger


def consent_text(questionnaire: Questionnaire) -> ConsentText:
    """The consent to treatment that belongs to these questions."""
    definition = selectors.parsed(questionnaire)
    return next(one for one in definition.consents if one.kind == Consent.Kind.TREATMENT)


@dataclass(frozen=True, slots=True)
class Signature:
    """How the consent to treatment was signed, and by whom."""

    how: str
    name: str
    relationship: str = ""  # blank: the client in person
    drawing: str = ""  # by finger: the strokes, as JSON


@transaction.atomic
def record(
    *,
    actor: User,
    visit: Coming,
    questionnaire: Questionnaire,
    said: Mapping[str, str],
    may_go_ahead: bool,
    reason: str,
    consent: Signature,
) -> OralScreening:
    """What the client answered aloud. With a stop the visit does not go ahead, whatever is chosen.

    Raises:
        PermissionDenied, NotTheTherapist: only the therapist who treats this visit may.
        NotThisDay, InvalidTransition: it is another day's visit, or has begun or ended.
        BirthDateMissing, NothingToAsk, StopStands: it cannot be asked; see `expect_askable`.
        OtherQuestions, NotAllAsked: not exactly the questions of the current version.
        SignatureNeeded, GuardianNeeded, DrawingNeeded, ReasonNeeded.
        AskedToday: it was already asked for this visit today.
    """
    people.lock(visit.client)
    expect_askable(actor=actor, visit=visit)
    stopped = _is_stopped(questionnaire, said)
    _expect_consent(visit.client, consent)
    if not reason.strip():
        raise errors.ReasonNeeded
    row = _row(visit, questionnaire, consent)
    row.asked_by, row.answers, row.reason = actor, dict(said), reason.strip()
    row.may_go_ahead = may_go_ahead and not stopped
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise errors.AskedToday from error
    # Whether it goes ahead is what the desk's light says as well; no answer is told here.
    audit.record(actor, "intake.asked_aloud", row, may_go_ahead=row.may_go_ahead, how=consent.how)
    return row


def _is_stopped(questionnaire: Questionnaire, said: Mapping[str, str]) -> bool:
    if questionnaire != services.published():
        raise errors.OtherQuestions
    asked = questions.asked(selectors.parsed(questionnaire))
    if not questions.is_complete(asked, said):
        raise errors.NotAllAsked
    return bool(questions.stops(asked, said))


def _row(visit: Coming, questionnaire: Questionnaire, consent: Signature) -> OralScreening:
    text = consent_text(questionnaire)
    return OralScreening(
        client=visit.client,
        visit=visit.pk,
        day=visit.day,
        questionnaire=questionnaire,
        rules_version=screening.RULES_VERSION,
        consent_version=text.version,
        consent_sha256=sha256_of(text.text),
        consent_how=How(consent.how),
        consent_name=" ".join(consent.name.split()),
        consent_relationship=consent.relationship,
        consent_drawing=consent.drawing if consent.how == How.FINGER else "",
    )


def expect_askable(*, actor: User, visit: Coming) -> None:
    """Whether this visit is one to ask about now. Raises as `record`."""
    if not access.is_therapist(actor):
        raise PermissionDenied
    if not visit.is_treated_by(actor):
        raise errors.NotTheTherapist
    if visit.day != selectors.clinic_today():
        raise errors.NotThisDay
    if not visit.is_open:
        raise InvalidTransition
    people.expect_birth_date(visit.client)
    light = selectors.readiness_for(visit.client)
    if light.light == "stop":
        raise errors.StopStands
    if light.complete and light.consented:
        raise errors.NothingToAsk


def _expect_consent(client: Client, consent: Signature) -> None:
    if consent.how not in How.values or not any(letter.isalpha() for letter in consent.name):
        raise errors.SignatureNeeded
    is_minor = client.is_minor_on(selectors.clinic_today())
    if is_minor and consent.relationship not in SIGN_FOR_MINORS:
        raise errors.GuardianNeeded
    if consent.how == How.FINGER and not is_drawn(consent.drawing):
        raise errors.DrawingNeeded


def is_drawn(drawing: str) -> bool:
    """Strokes as a list of lists of numbers, x and y in turn: enough of them to be a name."""
    if len(drawing) > LONGEST_DRAWING:
        return False
    try:
        strokes = json.loads(drawing)
    except ValueError:
        return False
    if not isinstance(strokes, list) or not all(isinstance(one, list) for one in strokes):
        return False
    numbers = [number for one in strokes for number in one]
    fits = all(type(number) is int and 0 <= number <= 2000 for number in numbers)
    return fits and all(len(one) % 2 == 0 for one in strokes) and len(numbers) >= FEWEST_POINTS * 2
