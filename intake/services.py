"""Writes of the intake: publish a questionnaire, answer it, sign it, decide on its flags."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, body
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.errors import InvalidTransition
from clinic.messaging import links, outbox
from clinic.models import Client, Guardian
from clinic.people import services as people
from clinic.people.signing_name import expect_own
from clinic.web import context
from intake import errors, questionnaire, screening, selectors, signature_hash
from intake.models import (
    Clearance,
    Consent,
    Questionnaire,
    QuestionnaireResponse,
    ScreenFlag,
)
from intake.questionnaire import InvalidDefinition
from intake.screening import Alert, Severity
from intake.signature_hash import sha256_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from clinic.models import User
    from intake.questionnaire import Definition

Status = QuestionnaireResponse.Status
SIGN_FOR_MINORS = frozenset({Guardian.Relationship.PARENT, Guardian.Relationship.LEGAL_GUARDIAN})
# About a day, not a person: such a stop ends with the next answers.
DAY_BOUND = frozenset({"fever", "contagious", "intoxicated"})
EARLIER_STOP = gettext_lazy("An earlier answer stopped a visit and was never resolved. Ask first.")
EMERGENCY_CHANGED = gettext_lazy("Reported an emergency and then changed the answer. Ask first.")


@transaction.atomic
def publish(*, actor: User | None, data: Mapping[str, Any]) -> tuple[Questionnaire, bool]:
    """Publish a questionnaire for new answers; returns whether it is new.

    Raises:
        InvalidDefinition: not in the format, or it leaves out what the rules must know.
        ChangedAfterPublishing: this version is already published and says something else.
    """
    definition = questionnaire.parse(data)
    required = {question.id for question in definition.questions() if question.required}
    if unasked := screening.SAFETY_QUESTIONS - required:
        message = f"safety questions not asked or not required: {', '.join(sorted(unasked))}"
        raise InvalidDefinition(message)
    row, created = Questionnaire.objects.get_or_create(
        slug=definition.slug,
        version=definition.version,
        defaults={
            "title": definition.title,
            "definition": data,
            "published_at": timezone.now(),
        },
    )
    if row.definition != data:
        raise errors.ChangedAfterPublishing
    if created:
        audit.record(actor, "questionnaire.published", row, version=row.version)
    return row, created


@transaction.atomic
def start(*, actor: User | None, client: Client, blank: bool = False) -> QuestionnaireResponse:
    """The client's open answers; new ones start from what was signed last, unless `blank`.

    Raises:
        NoQuestionnaire: none is published.
    """
    if found := selectors.open_response(client):
        return found
    current = published()
    last = None if blank else selectors.newest_signed(client)
    response = QuestionnaireResponse(client=client, questionnaire=current, based_on=last)
    if last is not None:
        response.answers = _carried(client, current, last)
        response.marks = _valid_marks(selectors.marks_of(last))
    try:
        with transaction.atomic():
            response.save()
    except IntegrityError:  # two tabs: the other one opened it
        return QuestionnaireResponse.objects.get(
            client=client, status=Status.IN_PROGRESS, entered_by=None
        )
    audit.record(actor, "intake.started", response)
    return response


def published() -> Questionnaire:
    """What new answers use. Raises NoQuestionnaire."""
    current = Questionnaire.objects.current()
    if current is None:
        raise errors.NoQuestionnaire
    return current


def _carried(client: Client, current: Questionnaire, last: QuestionnaireResponse) -> dict[str, Any]:
    definition = questionnaire.parse(current.definition)
    answers = questionnaire.carried(definition, last.answers)
    # A consent may have been withdrawn since, such as by text message: never renew it silently.
    given = selectors.consents_given(client)
    for question in definition.questions():
        if question.consent:
            answers.pop(question.id, None)
            if question.consent in given:
                answers[question.id] = True
    return answers


def locked(response: QuestionnaireResponse) -> QuestionnaireResponse:
    return (
        QuestionnaireResponse.objects.select_for_update(no_key=True, of=("self",))
        .select_related("client", "questionnaire")
        .get(pk=response.pk)
    )


@transaction.atomic
def save_section(
    *,
    actor: User | None,
    response: QuestionnaireResponse,
    section: str,
    answers: Mapping[str, Any],
    marks: Iterable[body.Mark] | None = None,
) -> list[Alert]:
    """Save one section's answers and return what the rules say about all so far.

    None clears an answer; a question not named keeps its last answer.

    Raises:
        AlreadySigned: the answers have since been signed.
    """
    response = _still_open(response)
    kept = {**response.answers, **answers}
    response.answers = {key: value for key, value in kept.items() if value is not None}
    response.section = section
    if marks is not None:
        response.marks = _valid_marks(marks)
    alerts = selectors.alerts_of(response, today=selectors.clinic_today())
    response.severity = screening.gravest(alerts)
    if response.severity == Severity.EMERGENCY and response.emergency_at is None:
        response.emergency_at = timezone.now()
        audit.record(actor, "intake.emergency_shown", response)
    changed = ("answers", "marks", "section", "severity", "emergency_at", "updated_at")
    response.save(update_fields=changed)
    return alerts


def _valid_marks(marks: Iterable[body.Mark]) -> list[dict[str, Any]]:
    """One mark per area, and only for areas and kinds of pain that exist."""
    valid = {mark.key: mark for mark in marks if body.is_valid(mark)}
    return [mark.as_data() for mark in valid.values()]


@transaction.atomic
def sign(
    *,
    actor: User | None,
    response: QuestionnaireResponse,
    name: str,
    agreed: Collection[str],
    relationship: str = "",
    paper_signed_on: date | None = None,
) -> QuestionnaireResponse:
    """Sign the answers and the consents; from here on they are final.

    No actor: the client, on a tablet of the clinic. `paper_signed_on`: it was signed on paper that
    day, and the actor, who typed it in, is not the one who signs.

    Raises:
        AlreadySigned, Incomplete, EmergencyStands, BirthDateMissing, and what a signature lacks.
    """
    response = _still_open(response)
    definition = selectors.definition_of(response)
    today = selectors.clinic_today()
    signer = None if response.entered_by_id else actor
    relationship = _signer(signer, response.client, relationship, today)
    name = " ".join(name.split())
    _expect_signable(response, definition, name=name, agreed=agreed, today=today)
    expect_own(name=name, client=response.client, signer=signer, in_person=not relationship)
    age = response.client.age_on(today)
    response.answers = questionnaire.effective(definition, response.answers, age=age)
    alerts = screening.screen(response.answers, today=today)
    alerts += _left_open(response, alerts)
    ticked = {q.consent for q in definition.questions() if response.answers.get(q.id) and q.consent}
    texts = [text for text in definition.consents if text.required or text.kind in ticked]
    response.severity = screening.gravest(alerts)
    response.signed_name, response.signed_relationship = name, relationship
    response.signed_by, response.paper_signed_on = signer, paper_signed_on
    _complete(response, alerts, texts)
    _consent(actor, response, definition, texts)
    action = "intake.paper_entered" if response.entered_by_id else "intake.signed"
    audit.record(actor, action, response, sha256=response.sha256)
    return response


def _still_open(response: QuestionnaireResponse) -> QuestionnaireResponse:
    found = locked(response)
    if found.is_completed:
        raise errors.AlreadySigned
    return found


def _complete(
    response: QuestionnaireResponse,
    alerts: Iterable[Alert],
    texts: Iterable[questionnaire.ConsentText],
) -> None:
    """Make the answers final, with the hash of what is signed and the flags they raise."""
    response.rules_version = screening.RULES_VERSION
    response.status = Status.COMPLETED
    response.completed_at = timezone.now()
    response.signed_ip = context.current.get().ip
    response.sha256 = _hash_of(response, texts)
    ScreenFlag.objects.bulk_create(
        ScreenFlag(
            response=response,
            position=position,
            rule=alert.rule,
            severity=alert.severity,
            message=str(alert.message),
        )
        for position, alert in enumerate(alerts)
    )
    response.save()


def _expect_signable(
    response: QuestionnaireResponse,
    definition: Definition,
    *,
    name: str,
    agreed: Collection[str],
    today: date,
) -> None:
    age = response.client.age_on(today)
    if screening.gravest(selectors.alerts_of(response, today=today)) == Severity.EMERGENCY:
        raise errors.EmergencyStands
    if questionnaire.missing(definition, response.answers, age=age, today=today):
        raise errors.Incomplete
    if {text.kind for text in definition.consents if text.required} - set(agreed):
        raise errors.ConsentNeeded
    if not any(character.isalpha() for character in name):
        raise errors.SignatureNeeded


def _signer(actor: User | None, client: Client, chosen: str, today: date) -> str:
    """How the signer is related to the client; blank when the client signs in person.

    No actor: by hand on a tablet or on paper, where an adult signs in person.
    """
    people.expect_birth_date(client)
    own = actor is not None and client.user_id == actor.pk
    if client.is_minor_on(today):
        # Whatever they claim: a minor's own login is not a guardian's.
        if own or chosen not in SIGN_FOR_MINORS:
            raise errors.GuardianNeeded
        return chosen
    if own or actor is None:
        return ""
    guardian = client.guardians.filter(user=actor).first()
    return guardian.relationship if guardian else Guardian.Relationship.OTHER


def _left_open(response: QuestionnaireResponse, alerts: list[Alert]) -> list[Alert]:
    """A stop does not go away because an answer changed: a therapist asks first."""
    found: list[Alert] = []
    if response.emergency_at is not None:
        found.append(Alert("emergency_changed", Severity.CLEARANCE, EMERGENCY_CHANGED))
    last = selectors.newest_signed(response.client)
    if last is None:
        return found
    decision = last.clearances.order_by("-created_at").first()
    cleared = decision is not None and decision.decision == Clearance.Decision.CLEARED
    stops = {flag.rule for flag in last.flags.filter(severity__gte=Severity.CLEARANCE)} - DAY_BOUND
    raised = {alert.rule for alert in alerts if alert.severity >= Severity.CLEARANCE}
    if not cleared and stops - raised:
        found.append(Alert("earlier_stop", Severity.CLEARANCE, EARLIER_STOP))
    return found


def _hash_of(response: QuestionnaireResponse, texts: Iterable[questionnaire.ConsentText]) -> str:
    consents = [(text.kind, text.version, sha256_of(text.text)) for text in texts]
    return sha256_of(signed_content(response, consents))


def signed_content(
    response: QuestionnaireResponse,
    consents: Iterable[tuple[str, str, str]],
    client: UUID | None = None,
) -> str:
    """The signed content, spelled out; see `signature_hash`. `client`: whose it was when signed."""
    if response.completed_at is None:
        raise ValueError
    return signature_hash.signed_content(
        response=str(response.pk),
        client=str(client or response.client_id),
        questionnaire=(response.questionnaire.slug, response.questionnaire.version),
        answers=response.answers,
        marks=selectors.marks_of(response),
        consents=consents,
        name=response.signed_name,
        relationship=response.signed_relationship,
        at=response.completed_at,
        paper=(str(response.entered_by_id), response.paper_signed_on)
        if response.paper_signed_on
        else None,
    )


def is_intact(response: QuestionnaireResponse) -> bool:
    """Whether what is stored is still what was signed, in whichever record the client had then."""
    consents = list(response.consents.values_list("kind", "version", "text_sha256"))
    return any(
        sha256_of(signed_content(response, consents, client)) == response.sha256
        for client in clinic_selectors.record_ids(response.client)
    )


def _consent(
    actor: User | None,
    response: QuestionnaireResponse,
    definition: Definition,
    texts: list[questionnaire.ConsentText],
) -> None:
    now = response.completed_at
    if now is None:
        raise ValueError
    given = {text.kind for text in texts}
    offered = {text.kind for text in definition.consents}
    current = Consent.objects.filter(client=response.client, withdrawn_at__isnull=True)
    ended = current.filter(kind__in=offered - given).defer("text")
    for consent in list(ended.select_for_update(no_key=True)):
        Consent.objects.filter(pk=consent.pk).update(withdrawn_at=now)
        _record_withdrawn(actor, consent, now)
    signed_at = selectors.signed_at(response)
    Consent.objects.bulk_create(
        Consent(
            client=response.client,
            response=response,
            kind=text.kind,
            version=text.version,
            text=text.text,
            text_sha256=sha256_of(text.text),
            signed_name=response.signed_name,
            relationship=response.signed_relationship,
            signed_by=response.signed_by,
            signed_at=signed_at,
            signed_ip=response.signed_ip,
        )
        for text in texts
    )


@transaction.atomic
def decide_clearance(
    *,
    actor: User,
    response: QuestionnaireResponse,
    decision: str,
    reason: str,
    after: UUID | str | None = None,
) -> Clearance:
    """Record a therapist's decision. `after` is the newest decision the therapist had seen.

    Raises:
        NotATherapist, ReasonNeeded, NothingToDecide, BlockStands.
    """
    if not access.is_therapist(actor):
        raise errors.NotATherapist
    if not reason.strip():
        raise errors.ReasonNeeded
    response = locked(response)
    newest = response.clearances.order_by("-created_at").first()
    if str(newest.pk if newest else "") != str(after or ""):
        raise errors.NothingToDecide(
            _("A colleague has just decided. Here is the current decision.")
        )
    last = selectors.newest_signed(response.client)
    if last != response or (response.severity or 0) < Severity.CLEARANCE:
        raise errors.NothingToDecide
    cleared = decision == Clearance.Decision.CLEARED
    if cleared and (response.severity or 0) >= Severity.BLOCK:
        raise errors.BlockStands
    clearance = Clearance.objects.create(
        response=response,
        decision=Clearance.Decision(decision),
        reason=reason.strip(),
        decided_by=actor,
    )
    audit.record(actor, "intake.decided", response)
    _notify(response.client, clearance)
    return clearance


def _notify(client: Client, clearance: Clearance) -> None:
    """The message says that there is news, not what it is."""
    location = clinic_selectors.location_or_none()
    outbox.queue(
        kind="intake.decided",
        key=f"intake.decided:{clearance.pk}",
        recipient=people.notify_address(client),
        subject=_("News from %(clinic)s") % {"clinic": location.name if location else ""},
        template="messages/intake_decided.txt",
        context={
            "first_name": client.first_name,
            "location": location,
            "url": links.absolute(reverse("intake:start")),
        },
        client=client,
        about=clearance.response_id,
    )


@transaction.atomic
def withdraw_consent(*, actor: User, consent: Consent) -> None:
    """Withdraw an optional consent, however often it was signed.

    Raises:
        InvalidTransition: it was already withdrawn.
        NeededForVisits: visits need it; the client has to call.
    """
    if consent.kind in selectors.NEEDED_CONSENTS:
        raise errors.NeededForVisits
    given = Consent.objects.filter(
        client=consent.client, kind=consent.kind, withdrawn_at__isnull=True
    )
    now = timezone.now()
    if not given.update(withdrawn_at=now):
        raise InvalidTransition
    _record_withdrawn(actor, consent, now)


def _record_withdrawn(actor: User | None, consent: Consent, now: datetime) -> None:
    changes = {"withdrawn_at": {"before": None, "after": now}}
    audit.record(actor, "consent.withdrawn", consent, kind=consent.kind, changes=changes)
