"""Reads of the intake, shaped for screens. Answers are opened only by `definition_of` pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Prefetch, Subquery
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic import body, selectors
from intake import questionnaire, screening
from intake.models import Clearance, Consent, QuestionnaireResponse, ScreenFlag
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from typing import Any
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client

Status = QuestionnaireResponse.Status
# A visit needs these; the others are free choices.
NEEDED_CONSENTS = frozenset({Consent.Kind.TREATMENT, Consent.Kind.PRIVACY})
LATELY = timedelta(days=14)
NOT_YET = _("Not filled in yet")


@dataclass(frozen=True, slots=True)
class IntakeReadiness:
    """May a visit go ahead, as far as the intake goes. Holds no answers: any staff may see it."""

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
    return timezone.localdate(timezone=clinic_zone())


def readiness(
    client_ids: Iterable[UUID], *, today: date | None = None
) -> dict[UUID, IntakeReadiness]:
    """One light per client, whatever their number, in four queries."""
    ids = list(client_ids)
    zone = clinic_zone()
    today = today or timezone.localdate(timezone=zone)
    signed = {row.client_id: row for row in _newest_signed(ids)}
    opened = dict(
        QuestionnaireResponse.objects.filter(client__in=ids, status=Status.IN_PROGRESS).values_list(
            "client_id", "severity"
        )
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
        if in_force(consent.client, consent.signed_at, consent.relationship, today=today, zone=zone)
    ]


def in_force(
    client: Client, signed_at: datetime, relationship: str, *, today: date, zone: Any
) -> bool:
    """A signature holds for twelve months; a guardian's ends when the client comes of age."""
    signed_on = timezone.localdate(signed_at, zone)
    came_of_age = client.is_minor_on(signed_on) and not client.is_minor_on(today)
    return today < a_year_after(signed_on) and not (relationship and came_of_age)


def a_year_after(day: date) -> date:
    try:
        return day.replace(year=day.year + 1)
    except ValueError:  # 29 February
        return date(day.year + 1, 3, 1)


def _light(  # the order of the cases is the order of gravity
    signed: Any, *, consented: bool, started: bool, emergency: bool, today: date, zone: Any
) -> IntakeReadiness:
    if signed is None:
        text = _("Started, not signed") if started else NOT_YET
        facts = IntakeReadiness(text=text)
        signed_on = None
    else:
        signed_on = timezone.localdate(signed.completed_at, zone)
        complete = in_force(
            signed.client, signed.completed_at, signed.signed_relationship, today=today, zone=zone
        )
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


# ---- one client ----


def open_response(client: Client) -> QuestionnaireResponse | None:
    return _responses(client).filter(status=Status.IN_PROGRESS).first()


def newest_signed(client: Client) -> QuestionnaireResponse | None:
    return _responses(client).filter(status=Status.COMPLETED).order_by("-completed_at").first()


def _responses(client: Client) -> QuerySet[QuestionnaireResponse]:
    return QuestionnaireResponse.objects.filter(client=client).select_related(
        "questionnaire", "client"
    )


def definition_of(response: QuestionnaireResponse) -> questionnaire.Definition:
    return questionnaire.parse(response.questionnaire.definition)


def marks_of(response: QuestionnaireResponse) -> list[body.Mark]:
    known = body.places_by_key()
    found = [body.Mark.of_data(told) for told in response.marks]
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
    return timezone.localdate(response.completed_at or timezone.now(), clinic_zone())


def alerts_of(response: QuestionnaireResponse, *, today: date) -> list[screening.Alert]:
    """What the rules say of the answers as they stand."""
    counted = questionnaire.effective(
        definition_of(response), response.answers, age=response.client.age_on(today)
    )
    return screening.screen(counted, today=today)


def consents_given(client: Client) -> set[str]:
    """Kinds of consent that stand, whoever gave them."""
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
    """Nobody has decided yet, the longest waiting first."""
    return _grave().filter(clearances__isnull=True).order_by("completed_at")


def decided_lately() -> QuerySet[QuestionnaireResponse]:
    since = timezone.now() - LATELY
    return _grave().filter(clearances__created_at__gte=since).order_by("-completed_at").distinct()


def emergencies() -> QuerySet[QuestionnaireResponse]:
    """Somebody was told to call 911 and has not changed or signed the answers since."""
    return (
        QuestionnaireResponse.objects.filter(status=Status.IN_PROGRESS, severity=Severity.EMERGENCY)
        .select_related("client")
        .defer("answers", "marks")
        .order_by("-emergency_at")
    )
