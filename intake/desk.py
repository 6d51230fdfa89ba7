"""What staff see. Front desk: lights and titles. Answers: therapists only, each view logged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.format import us_date
from clinic.people import tiles
from clinic.people.tiles import Alert
from clinic.web.form_page import act, form_page
from intake import forms, progress, selectors, sending, services, visits
from intake.models import QuestionnaireResponse
from intake.screening import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client, User
    from intake.selectors import AskedAloud, IntakeReadiness
    from intake.visits import Coming

SOON = timedelta(days=7)
STOP = "stop"  # the light that nobody overlooks


@dataclass(frozen=True, slots=True)
class Due:
    """A visit whose client has not signed yet, and what can be done about it."""

    visit: Coming
    light: IntakeReadiness
    today: date
    aloud: AskedAloud | None
    may_ask: bool  # the reader treats it

    @property
    def is_today(self) -> bool:
        return self.visit.day == self.today


@access.care_team
@require_safe
def waiting(request: HttpRequest) -> HttpResponse:
    """Who comes with a questionnaire due, and answers that wait for a therapist."""
    user = access.user_of(request)
    lists = {
        "emergencies": list(access.seen(user, selectors.emergencies())),
        "waiting": list(access.seen(user, selectors.waiting())),
        "decided": list(access.seen(user, selectors.decided_lately())),
    }
    due = _due(user)
    tablets = list(access.seen(user, selectors.tablets_out()))
    shown = [row.client for rows in lists.values() for row in rows]
    shown += [one.visit.client for one in due] + [one.client for one in tablets]
    audit.listed(request, "intake.listed", dict.fromkeys(shown))
    context = {**lists, "due": due, "tablets": tablets, "may_read": access.is_therapist(user)}
    return render(request, "intake/desk.html", context)


def _due(user: User) -> list[Due]:
    """Who comes in the next week with a questionnaire due, by visit, soonest first."""
    today = selectors.clinic_today()
    coming = visits.between(today, today + SOON)
    if not access.sees_all_clients(user):
        coming = [one for one in coming if one.is_treated_by(user)]
    ready = selectors.readiness({one.client.pk for one in coming}, today=today)
    aloud = selectors.asked_aloud([one.pk for one in coming], today=today)
    return [
        Due(one, light, today, aloud.get(one.pk), one.is_treated_by(user))
        for one in coming
        if not ((light := ready[one.client.pk]).complete and light.consented)
    ]


@access.care_team
@require_POST
def send_link(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The way to the questionnaire, by e-mail, once more."""
    user = access.user_of(request)
    client = access.client(user, client_id)

    def send() -> None:
        sending.send_link(actor=user, client=client)

    act(request, send, _("The link is on its way by e-mail."))
    visit = visits.named(request.POST.get("visit", ""))
    ours = visit is not None and visit.client.pk == client.pk
    return redirect(visit.url if visit and ours else reverse("client-detail", args=[client.pk]))


@access.therapist
@require_http_methods(["GET", "HEAD", "POST"])
def response(request: HttpRequest, response_id: UUID) -> HttpResponse:
    """All of a client's signed answers, and the decision on them."""
    signed = QuestionnaireResponse.objects.filter(status=QuestionnaireResponse.Status.COMPLETED)
    found = access.visible(request, signed.select_related("client", "questionnaire"), response_id)
    form = forms.DecisionForm(request.POST or None, blocked=_is_blocked(found))

    def decide(data: dict[str, Any]) -> str:
        services.decide_clearance(actor=access.user_of(request), response=found, **data)
        flash.success(request, _("Your decision is recorded."))
        return "intake:desk"

    page = partial(_about, request, found)
    return form_page(request, form, "intake/desk_response.html", decide, context=page)


def _is_blocked(found: QuestionnaireResponse) -> bool:
    """The answers rule out treatment: no decision can clear them."""
    return (found.severity or 0) >= Severity.BLOCK


def _about(request: HttpRequest, found: QuestionnaireResponse) -> dict[str, Any]:
    audit.viewed(request, found, client=found.client)
    decisions = list(found.clearances.select_related("decided_by"))
    return {
        "response": found,
        "client": found.client,
        "flags": found.flags.all(),
        "decisions": decisions,
        "newest_decision": decisions[0].pk if decisions else "",
        "consents": found.consents.defer("text"),
        "intact": services.is_intact(found),
        "newest": selectors.newest_signed(found.client),
        "blocked": _is_blocked(found),
        "decidable": (found.severity or 0) >= Severity.CLEARANCE,
        **progress.signed(found),
    }


@access.care_team
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The light for one client's record."""
    client = access.client(access.user_of(request), client_id)
    part = bool(request.headers.get("HX-Request"))
    audit.viewed(request, client, action="intake.viewed", part=part)
    context = {
        "client": client,
        "light": selectors.readiness_for(client),
        "newest": selectors.newest_signed(client),
        "scans": client.paper_scans.all()[:5],
        "asked": client.oral_screenings.select_related("asked_by")[:5],
        "may_read": access.is_therapist(request.user),
        "is_part": part,
    }
    return render(request, "intake/client_panel.html", context)


def alerts(user: User, client: Client) -> Iterator[Alert]:
    """What the answers mean for a visit, by its title; the answers are for therapists."""
    if not access.in_care_team(user):
        return
    paper = selectors.readiness_for(client)
    stops, severity = paper.light == STOP, paper.severity or 0
    if not stops and severity < Severity.MODIFY:
        return
    newest = selectors.newest_signed(client)
    url, link = reverse("intake:desk"), _("Health questionnaires to decide")
    if newest is not None and access.is_therapist(user):
        url, link = reverse("intake:desk-response", args=[newest.pk]), _("Read the answers")
    yield Alert(
        tiles.STOP if stops else tiles.WARN,
        paper.text if stops else Severity(severity).label,
        _("Health questionnaire, %(day)s") % {"day": us_date(paper.signed_on)},
        url if stops or access.is_therapist(user) else "",
        link,
    )
