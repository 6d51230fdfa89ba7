"""Visit pages for staff: check in, start, record, finish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import selectors as booking
from booking.links import on_board
from booking.visits import readiness
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import act, form_page
from prescriptions import areas
from treatment import late, recording, selectors, services
from treatment.confirming import selectors as confirming
from treatment.forms import REASONS, RecordForm
from treatment.models import Visit
from treatment.regions import scope

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

RECORD = "treatment/record.html"
WORTH_SAYING = 3  # minutes


@access.care_team
@require_safe
def panel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """An appointment's visit: a panel on the day board (htmx) or a page of its own."""
    appointment = appointment_of(request, appointment_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, appointment, action="treatment.viewed", part=part)
    page = "treatment/_panel.html" if part else "treatment/visit.html"
    return render(request, page, _panel(request, appointment))


def _panel(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    visit = selectors.visit_of(appointment)
    today = timezone.localdate(timezone=appointment.location.zone)
    return {
        "appointment": appointment,
        "visit": visit,
        "history": selectors.history_of(visit),
        "word": confirming.word_of(visit),
        "readiness": readiness.of(appointment),
        "is_today": appointment.local_date == today,
        "may_be_late": late.may_be_late(appointment),
        "may_record": access.records_treatment(request.user),
        "board_url": on_board(appointment),
    }


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = appointment_of(request, appointment_id)
    if request.method != "POST":  # a bookmarked URL, or a reloaded page
        return redirect(on_board(appointment))

    def arrive() -> None:
        services.check_in(actor=access.user_of(request), appointment=appointment)

    act(request, arrive, _("Checked in."))
    return redirect(on_board(appointment))


@access.treatment
@require_POST
def start(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    visit = visit_of(request, visit_id)

    def begin() -> None:
        services.start(actor=access.user_of(request), visit=visit)

    act(request, begin)
    return redirect("treatment:record", visit.pk)


@access.treatment
@require_POST
def undo_start(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """The wrong client's button was pressed."""
    visit = visit_of(request, visit_id)

    def undo() -> None:
        services.undo_start(actor=access.user_of(request), visit=visit)

    act(request, undo, _("The client is waiting again."))
    return redirect("treatment:record", visit.pk)


@access.treatment
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Start, stop, and minutes; finishing uses up the prescribed visit."""
    visit = visit_of(request, visit_id)
    audit.viewed(request, visit, client=visit.appointment.client)
    if request.method != "POST" and visit.status != Visit.Status.IN_PROGRESS:
        return render(request, RECORD, _about(visit))
    techniques = selectors.techniques_for(visit.therapist)
    form = RecordForm(request.POST or None, visit=visit, techniques=techniques)

    def save(_data: dict[str, Any]) -> HttpResponse:
        services.finish(actor=access.user_of(request), visit=visit, **form.record())
        return _recorded(request, visit)

    return form_page(request, form, RECORD, save, context=lambda: _about(visit), edits=visit)


def _recorded(request: HttpRequest, visit: Visit) -> HttpResponse:
    to_pay = visit.appointment.price_cents
    said = _("Recorded. The front desk can take the payment.") if to_pay else _("Recorded.")
    flash.success(request, said)
    return redirect("treatment:record", visit.pk)


def _about(visit: Visit) -> dict[str, Any]:
    total = sum(row.minutes for row in visit.minutes.all())
    appointment = visit.appointment
    return {
        "visit": visit,
        "total": total,
        "board_url": on_board(appointment),
        "off_time": _off_time(visit),
        "treated": [place.label for place in areas.known(visit.regions)],
        "untold": [place.label for place in scope.untold(visit)],
        "history": selectors.history_of(visit),
        "word": confirming.word_of(visit),
        "may_be_late": late.may_be_late(appointment),
        "reasons": REASONS,
    }


def _off_time(visit: Visit) -> list[str]:
    """A late start and an early end, said; nothing below a few minutes."""
    if visit.started_at is None or visit.stopped_at is None:
        return []
    appointment = visit.appointment
    booked = appointment.starts_at, appointment.booked_until
    late_by, early_by = recording.off_time(booked, visit.started_at, visit.stopped_at)
    lines = {
        _("Started %(minutes)s minutes late."): late_by,
        _("Ended %(minutes)s minutes early."): early_by,
    }
    return [text % {"minutes": count} for text, count in lines.items() if count >= WORTH_SAYING]


def appointment_of(request: HttpRequest, pk: UUID) -> Appointment:
    return access.visible(request, booking.appointments(), pk)


def visit_of(request: HttpRequest, pk: UUID) -> Visit:
    return access.visible(request, selectors.visits(), pk, client_field="appointment__client")
