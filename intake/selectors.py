"""Reads of the intake, shaped for screens. Answers are opened only by `definition_of` pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Prefetch, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic import body, selectors
from clinic.dates import bounds
from intake import questionnaire, screening
from intake.models import (
    Clearance,
    Consent,
    Handover,
    OralScreening,
    Questionnaire,
    QuestionnaireResponse,
    ScreenFlag,
)
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client

Status = QuestionnaireResponse.Status
# A visit needs these; the others are optional.
NEEDED_CONSENTS = frozenset({Consent.Kind.TREATMENT, Consent.Kind.PRIVACY})
LATELY = timedelta(days=14)
OUT = timedelta(hours=12)  # a session lasts no longer
NOON = time(12)
NOT_YET = _("Not filled in yet")


@dataclass(frozen=True, slots=True)
class IntakeReadiness:
    """Whether the intake lets a visit go ahead. Holds no answers: any staff may see it."""

    complete: bool = False
    consented: bool = False
    signed_on: date | None = None
    severity: int | None = None
    cleared: bool = False
    light: str = "warn"  # ok | warn | stop
    text: StrOrPromise = NOT_YET


def clinic_zone() -> Any:
    found = selectors.location_or_none()
    return found.zone if found else timezone.get_default_timezone()


def clinic_today() -> date:
    return selectors.clinic_today()


def readiness(
    client_ids: Iterable[UUID], *, today: date | None = None
) -> dict[UUID, IntakeReadiness]:
    """One light per client, in four queries however many there are."""
    ids = list(client_ids)
    zone = clinic_zone()
    today = today or timezone.localdate(timezone=zone)
    signed = {row.client_id: row for row in _newest_signed(ids)}
    opened = dict(
        QuestionnaireResponse.objects.filter(client__in=ids, status=Status.IN_PROGRESS)
        .order_by(F("severity").asc(nulls_first=True))  # of two, the graver counts
        .values_list("client_id", "severity")
    )
    consents: dict[UUID, set[str]] = {}
    for consent in _consents_in_force(ids, today, zone):
        consents.setdefault(consent.client_id, set()).add(consent.kind)
    return {
        client: _light(
            signed.get(client),
            consented=consents.get(client, set()) >= NEEDED_CONSENTS,
            started=client in opened,
            emergency=opened.get(client) == Severity.EMERGENCY,
            today=today,
            zone=zone,
        )
        for client in ids
    }


def readiness_for(client: Client, *, today: date | None = None) -> IntakeReadiness:
    return readiness([client.pk], today=today)[client.pk]


def missing_on(client: Client, day: date) -> list[StrOrPromise]:
    """What a client had not given by the end of a day, in words; for visits entered later."""
    zone = clinic_zone()
    _begin, end = bounds(day, zone)
    signed = _newest_signed([client.pk]).filter(completed_at__lt=end).first()
    given = [one for one in _consents_in_force([client.pk], day, zone) if one.signed_at < end]
    paper = _light(
        signed,
        consented={one.kind for one in given} >= NEEDED_CONSENTS,
        started=False,
        emergency=False,
        today=day,
        zone=zone,
    )
    if not paper.complete:
        return [_("The health questionnaire was not answered by then.")]
    missing: list[StrOrPromise] = []
    if not paper.consented:
        missing.append(_("The consent was not signed by then."))
    if paper.light == "stop":
        missing.append(_("The health questionnaire raised a stop the therapist has to review."))
    return missing


def _newest_signed(ids: list[UUID]) -> QuerySet[QuestionnaireResponse]:
    return (
        QuestionnaireResponse.objects.filter(client__in=ids, status=Status.COMPLETED)
        .select_related("client")
        .defer("answers", "marks")
        .annotate(decision=newest_decision())
        .order_by("client_id", "-completed_at")
        .distinct("client_id")
    )


def newest_decision() -> Subquery:
    newest = Clearance.objects.filter(response=OuterRef("pk")).order_by("-created_at")
    return Subquery(newest.values("decision")[:1])


def _consents_in_force(ids: list[UUID], today: date, zone: Any) -> list[Consent]:
    given = Consent.objects.filter(
        client__in=ids, kind__in=NEEDED_CONSENTS, withdrawn_at__isnull=True
    )
    return [
        consent
        for consent in given.select_related("client").defer("text")
        if in_force(
            consent.client,
            timezone.localdate(consent.signed_at, zone),
            consent.relationship,
            today=today,
        )
    ]


def in_force(client: Client, signed_on: date, relationship: str, *, today: date) -> bool:
    """A signature is valid for twelve months; a guardian's ends when the client comes of age."""
    came_of_age = client.is_minor_on(signed_on) and not client.is_minor_on(today)
    return today < a_year_after(signed_on) and not (relationship and came_of_age)


def a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def _light(  # cases in order of severity
    signed: Any, *, consented: bool, started: bool, emergency: bool, today: date, zone: Any
) -> IntakeReadiness:
    if signed is None:
        text = _("Started, not signed") if started else NOT_YET
        facts = IntakeReadiness(text=text)
        signed_on = None
    else:
        signed_on = signed.paper_signed_on or timezone.localdate(signed.completed_at, zone)
        complete = in_force(signed.client, signed_on, signed.signed_relationship, today=today)
        facts = IntakeReadiness(
            complete=complete,
            consented=consented,
            signed_on=signed_on,
            severity=signed.severity,
            cleared=signed.decision == Clearance.Decision.CLEARED,
        )
    severity = Severity.EMERGENCY if emergency else facts.severity or 0
    if severity == Severity.EMERGENCY:
        return _with(facts, "stop", _("Emergency answer: please call"), severity=severity)
    if severity == Severity.BLOCK:
        return _with(facts, "stop", _("No treatment now: please call"))
    if severity == Severity.CLEARANCE and not facts.cleared:
        refused = signed.decision == Clearance.Decision.REFUSED
        waiting = _("Waiting for therapist")
        return _with(facts, "stop", _("Not cleared for treatment") if refused else waiting)
    if signed_on is None:
        return facts
    if not facts.complete:
        return _with(facts, "warn", _("Due again: please renew"))
    if not facts.consented:
        return _with(facts, "warn", _("Consent is missing"))
    return _with(facts, "ok", _("Done %(day)s") % {"day": date_format(signed_on, "M j")})


def _with(
    facts: IntakeReadiness, light: str, text: StrOrPromise, severity: int | None = None
) -> IntakeReadiness:
    return IntakeReadiness(
        complete=facts.complete,
        consented=facts.consented,
        signed_on=facts.signed_on,
        severity=severity or facts.severity,
        cleared=facts.cleared,
        light=light,
        text=text,
    )


@dataclass(frozen=True, slots=True)
class AskedAloud:
    """That the stop questions were asked aloud for one visit today; no answers."""

    client: UUID
    therapist: UUID | None  # who asked
    may_go_ahead: bool


def asked_aloud(visits: Iterable[UUID], *, today: date) -> dict[UUID, AskedAloud]:
    """By visit, for those asked about today, in one query."""
    rows = OralScreening.objects.filter(visit__in=list(visits), day=today)
    found = rows.values_list("visit", "client", "asked_by__therapist", "may_go_ahead")
    return {visit: AskedAloud(client, who, goes) for visit, client, who, goes in found}


# ---- one client ----


def open_response(client: Client) -> QuestionnaireResponse | None:
    """The client's own; what staff type in from paper is not shown to them."""
    return _responses(client).filter(status=Status.IN_PROGRESS, entered_by=None).first()


def open_paper(client: Client) -> QuestionnaireResponse | None:
    return _responses(client).filter(status=Status.IN_PROGRESS, entered_by__isnull=False).first()


def newest_signed(client: Client) -> QuestionnaireResponse | None:
    return _responses(client).filter(status=Status.COMPLETED).order_by("-completed_at").first()


def _responses(client: Client) -> QuerySet[QuestionnaireResponse]:
    return QuestionnaireResponse.objects.filter(client=client).select_related(
        "questionnaire", "client"
    )


def definition_of(response: QuestionnaireResponse) -> questionnaire.Definition:
    return parsed(response.questionnaire)


def parsed(row: Questionnaire) -> questionnaire.Definition:
    return questionnaire.parse(row.definition)


def marks_of(response: QuestionnaireResponse) -> list[body.Mark]:
    known = body.places_by_key()
    found = [body.Mark.of_data(stored) for stored in response.marks]
    return body.in_order(mark for mark in found if mark.key in known)


def map_of(response: QuestionnaireResponse) -> list[dict[str, Any]]:
    """The drawing with its marks: front and back, each place with its mark or None."""
    marks = {mark.key: mark for mark in marks_of(response)}
    return [
        {
            "title": title,
            "places": [
                {"place": place, "mark": marks.get(place.key)}
                for place in body.places()
                if place.view == view
            ],
        }
        for view, title in ((body.FRONT, _("Front")), (body.BACK, _("Back")))
    ]


def signed_on(response: QuestionnaireResponse) -> date:
    """The clinic-local day of the signature (of today, while there is none)."""
    now = response.completed_at or timezone.now()
    return response.paper_signed_on or timezone.localdate(now, clinic_zone())


def signed_at(response: QuestionnaireResponse) -> datetime:
    """When its consents were signed; on paper, which gives a day only, by noon of it."""
    at = response.completed_at or timezone.now()
    if response.paper_signed_on is None:
        return at
    return min(at, datetime.combine(response.paper_signed_on, NOON, clinic_zone()))


def alerts_of(response: QuestionnaireResponse, *, today: date) -> list[screening.Alert]:
    """What the rules say about the current answers."""
    counted = questionnaire.effective(
        definition_of(response), response.answers, age=response.client.age_on(today)
    )
    return screening.screen(counted, today=today)


@dataclass(frozen=True, slots=True)
class Before:
    """What a client said that a session goes by. `hurts`: places of the body map, by key."""

    cautions: Sequence[StrOrPromise] = ()  # to look out for, gravest first
    goals: Sequence[StrOrPromise] = ()
    pressure: StrOrPromise = ""
    avoid: Sequence[StrOrPromise] = ()
    hurts: Sequence[str] = ()


def before_sessions(client_ids: Iterable[UUID], *, today: date) -> dict[UUID, Before]:
    """By client, from the newest signed answers; in one query.

    For those who treat: it tells the answers.
    """
    rows = (
        QuestionnaireResponse.objects.filter(client__in=client_ids, status=Status.COMPLETED)
        .select_related("client")
        .order_by("client_id", "-completed_at")
        .distinct("client_id")
    )
    return {row.client_id: _before(row, today) for row in rows}


@lru_cache(maxsize=16)
def _published(pk: UUID) -> questionnaire.Definition:
    """A published version never changes, and is too long to be read for each response."""
    return parsed(Questionnaire.objects.get(pk=pk))


def _before(row: QuestionnaireResponse, today: date) -> Before:
    definition = _published(row.questionnaire_id)
    age = row.client.age_on(today)
    counted = questionnaire.effective(definition, row.answers, age=age)
    found = screening.screen(counted, today=today)
    alerts = [one for one in found if one.severity >= Severity.MODIFY]
    alerts.sort(key=lambda one: -one.severity)
    labels = {one.id: one.label_of for one in definition.questions()}

    def said(name: str) -> list[StrOrPromise]:
        given = counted.get(name) or []
        return [labels[name](one) for one in (given if isinstance(given, list) else [given])]

    return Before(
        cautions=list(dict.fromkeys(one.message for one in alerts)),
        goals=[*said("goals"), *said("goal_words")],
        pressure=next(iter(said("pressure")), ""),
        avoid=[*said("avoid"), *said("avoid_words")],
        hurts=[mark.key for mark in marks_of(row)],
    )


def consents_given(client: Client) -> set[str]:
    """Kinds of consent in effect, no matter who gave them."""
    return set(
        Consent.objects.filter(client=client, withdrawn_at__isnull=True).values_list(
            "kind", flat=True
        )
    )


# ---- the desk ----


def _grave() -> QuerySet[QuestionnaireResponse]:
    """Newest signed answers of each client that stop a visit; no answers, no alert texts."""
    newer = QuestionnaireResponse.objects.filter(
        client=OuterRef("client"), completed_at__gt=OuterRef("completed_at")
    )
    titles = ScreenFlag.objects.filter(severity__gte=Severity.CLEARANCE).defer("rule", "message")
    return (
        QuestionnaireResponse.objects.filter(
            status=Status.COMPLETED, severity__gte=Severity.CLEARANCE
        )
        .filter(~Exists(newer))
        .select_related("client")
        .defer("answers", "marks")
        .annotate(decision=newest_decision())
        .prefetch_related(Prefetch("flags", titles, to_attr="grave_flags"))
    )


def waiting() -> QuerySet[QuestionnaireResponse]:
    """Not decided yet, longest wait first."""
    return _grave().filter(clearances__isnull=True).order_by("completed_at")


def decided_lately() -> QuerySet[QuestionnaireResponse]:
    since = timezone.now() - LATELY
    return _grave().filter(clearances__created_at__gte=since).order_by("-completed_at").distinct()


def emergencies() -> QuerySet[QuestionnaireResponse]:
    """The client was told to call 911 and has not changed or signed the answers since."""
    return (
        QuestionnaireResponse.objects.filter(status=Status.IN_PROGRESS, severity=Severity.EMERGENCY)
        .select_related("client")
        .defer("answers", "marks")
        .order_by("-emergency_at")
    )


def tablets_out() -> QuerySet[Handover]:
    """In a client's hands, or ended and not unlocked since; the oldest first."""
    since = timezone.now() - OUT
    rows = Handover.objects.filter(back_at=None, created_at__gte=since)
    return rows.select_related("client", "handed_by").order_by("created_at")
