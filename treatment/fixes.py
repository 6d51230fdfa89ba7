"""Staff pages that put right what was recorded, or was not: late entry, correction, taking back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.db import transaction
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from booking.links import on_board
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import VERSION, ChangedSince, act, expect_version, form_page, version_of
from treatment import corrections, covering, late, selectors, takebacks
from treatment.desk import appointment_of, visit_of
from treatment.forms import REASONS, CorrectForm, LateForm, PastVisitForm, TakeBackForm
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from clinic.models import Client

GET_POST = ["GET", "HEAD", "POST"]


@access.care_team
@require_http_methods(GET_POST)
def late_entry(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """A visit that nobody recorded on its day. The desk says that the client came."""
    appointment = appointment_of(request, appointment_id)
    audit.viewed(request, appointment, action="treatment.viewed", again=view_log.PAGE)
    visit, records = selectors.visit_of(appointment), access.records_treatment(request.user)
    if visit is not None and visit.status == Visit.Status.FINISHED:  # sent twice, or Back
        return redirect(_record_url(visit) if records else on_board(appointment))
    techniques = selectors.techniques_for(appointment.therapist)
    who: dict[str, Any] = {"visit": visit, "records": records, "techniques": techniques}
    form = LateForm(request.POST or None, appointment=appointment, **who)
    refusal = late.refusal(request.user, appointment)
    page = {"appointment": appointment, "records": records, "refusal": refusal, **_common(form)}
    page["board_url"] = on_board(appointment)
    save = partial(_save_late, request, appointment, form)
    return form_page(request, form, "treatment/late.html", save, context=page)


def _save_late(
    request: HttpRequest, appointment: Appointment, form: LateForm, data: dict[str, Any]
) -> str:
    actor, reason = access.user_of(request), data["reason"]
    if not access.records_treatment(actor):
        arrived_at = form.arrival()
        late.arrive(actor=actor, appointment=appointment, arrived_at=arrived_at, reason=reason)
        flash.success(request, _("Kept: the client came. The therapist records the session."))
        return on_board(appointment)
    session = form.session()
    visit = late.record(actor=actor, appointment=appointment, session=session, reason=reason)
    flash.success(request, _("Recorded."))
    return _record_url(visit)


@access.care_team
@require_http_methods(GET_POST)
def past_visit(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A session that never was in the schedule."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="treatment.viewed", again=view_log.PAGE)
    records = access.records_treatment(request.user)
    form = PastVisitForm(
        request.POST or None,
        records=records,
        techniques=selectors.techniques(),
        zone=clinic_selectors.location().zone,
        therapist=selectors.own_therapist(request.user),
    )
    save = partial(_save_past, request, client, form)
    page = {"client": client, "records": records, **_common(form)}
    return form_page(request, form, "treatment/past_visit.html", save, context=page)


def _save_past(
    request: HttpRequest, client: Client, form: PastVisitForm, _data: dict[str, Any]
) -> str:
    made = late.add_past(actor=access.user_of(request), client=client, **form.visit())
    flash.success(request, _("Added and recorded.") if form.records else _("Added."))
    return on_board(made)


@access.care_team
@require_POST
def cover(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Count a finished visit against the prescription that came in later."""
    visit = visit_of(request, visit_id)
    done = _("Counted against the prescription. The documents can be issued now.")
    act(request, partial(covering.count, actor=access.user_of(request), visit=visit), done)
    return redirect(on_board(visit.appointment))


@access.treatment
@require_http_methods(GET_POST)
def correct(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Times and minutes of a finished visit, beside what they were."""
    visit = visit_of(request, visit_id)
    audit.viewed(request, visit, client=visit.appointment.client, again=view_log.PAGE)
    if visit.status != Visit.Status.FINISHED:
        return redirect(_record_url(visit))
    techniques = selectors.techniques_of(visit)
    form = CorrectForm(request.POST or None, visit=visit, techniques=techniques)
    save = partial(_save_correction, request, visit, form)
    page = partial(_correction_page, visit, form)
    return form_page(request, form, "treatment/correct.html", save, context=page)


def _correction_page(visit: Visit, form: CorrectForm) -> dict[str, Any]:
    about = {"visit": visit, "version": version_of(visit), **_common(form)}
    return about | {"current": selectors.visits().get(pk=visit.pk)}


@transaction.atomic
def _save_correction(
    request: HttpRequest, visit: Visit, form: CorrectForm, data: dict[str, Any]
) -> str:
    after = _after_correction(request, visit)
    try:
        expect_version(visit, request.POST.get(VERSION, ""))
    except ChangedSince:
        if corrections.known(visit, data["form_token"]):  # a second click: the first one saved it
            return after
        raise
    corrections.correct(
        actor=access.user_of(request),
        visit=visit,
        session=form.session(),
        reason=data["reason"],
        form_token=data["form_token"],
    )
    flash.success(request, _("Corrected. What it said before is kept beside it."))
    return after


def _after_correction(request: HttpRequest, visit: Visit) -> str:
    """The documents that were issued from the old figures, for those who may replace them."""
    if access.handles_money(request.user):
        try:
            return reverse("billing:visit-documents", args=[visit.pk])
        except NoReverseMatch:  # there is no such page
            pass
    return _record_url(visit)


@access.treatment
@require_http_methods(GET_POST)
def take_back(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """It was finished by mistake: the client never came, or it was the wrong one."""
    visit = visit_of(request, visit_id)
    audit.viewed(request, visit, client=visit.appointment.client, again=view_log.PAGE)
    if request.method != "POST" and visit.status != Visit.Status.FINISHED:
        return redirect(_record_url(visit))
    form = TakeBackForm(request.POST or None)
    page = {"visit": visit, "in_the_way": takebacks.in_the_way(visit), "reasons": REASONS}
    save = partial(_save_take_back, request, visit)
    return form_page(request, form, "treatment/take_back.html", save, context=page, edits=visit)


def _save_take_back(request: HttpRequest, visit: Visit, data: dict[str, Any]) -> str:
    takebacks.take_back(actor=access.user_of(request), visit=visit, reason=data["reason"])
    flash.success(request, _("Taken back. The visit is booked again: say what happened to it."))
    return on_board(visit.appointment)


def _common(form: Any) -> dict[str, Any]:
    return {"reasons": REASONS, "zone": form.zone}


def _record_url(visit: Visit) -> str:
    return reverse("treatment:record", args=[visit.pk])
