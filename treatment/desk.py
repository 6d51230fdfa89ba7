"""What staff do with a visit: check in, start, record, finish."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import readiness
from booking import selectors as booking
from booking.links import on_board
from clinic import access, audit
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.models import Role, Therapist
from treatment import selectors, services
from treatment.forms import RecordForm
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

hands_on = access.roles(Role.THERAPIST, Role.MANAGER)


@access.staff
@require_safe
def panel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The visit of an appointment: beside the day board by htmx, else a page of its own."""
    appointment = _appointment(request, appointment_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, appointment, action="treatment.viewed", part=part)
    context = {
        "appointment": appointment,
        "visit": selectors.visit_of(appointment),
        "readiness": readiness.of(appointment),
        "is_today": appointment.local_date == timezone.localdate(),
        "may_record": access.user_of(request).role in {Role.THERAPIST, Role.MANAGER},
        "board_url": on_board(appointment),
    }
    page = "treatment/_panel.html" if part else "treatment/visit.html"
    return render(request, page, context)


@access.staff
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _appointment(request, appointment_id)
    if request.method != "POST":  # an address that was kept, or a page loaded again
        return redirect(on_board(appointment))
    try:
        services.check_in(actor=access.user_of(request), appointment=appointment)
        flash.success(request, _("Checked in."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect(on_board(appointment))


@hands_on
@require_POST
def start(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    visit = _visit(request, visit_id)
    try:
        services.start(actor=access.user_of(request), visit=visit)
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("treatment:record", visit.pk)


@hands_on
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Start, stop and minutes; finishing uses up the prescribed visit."""
    visit = _visit(request, visit_id)
    audit.viewed(request, visit, client=visit.appointment.client)
    if visit.status != Visit.Status.IN_PROGRESS:
        return render(request, "treatment/record.html", _about(visit))
    techniques = selectors.techniques_for(visit.therapist)
    form = RecordForm(request.POST or None, visit=visit, techniques=techniques)
    if form.is_valid():
        try:
            services.finish(actor=access.user_of(request), visit=visit, **form.record())
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            to_pay = visit.appointment.price_cents
            said = _("Recorded. The front desk can take the payment.") if to_pay else _("Recorded.")
            flash.success(request, said)
            return redirect("treatment:record", visit.pk)
    status = 422 if form.is_bound else 200
    return render(request, "treatment/record.html", {**_about(visit), "form": form}, status=status)


@access.roles(Role.THERAPIST)
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    """A therapist's own day."""
    therapist = Therapist.objects.filter(user=access.user_of(request)).first()
    if therapist is None:
        raise Http404
    now = timezone.localdate()
    day = day_or_none(request.GET.get("day")) or now
    context = {
        "therapist": therapist,
        "rows": selectors.day_of(therapist, day),
        "day": day,
        "today": now,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
    }
    return render(request, "treatment/today.html", context)


def _about(visit: Visit) -> dict[str, Any]:
    total = sum(row.minutes for row in visit.minutes.all())
    return {"visit": visit, "total": total, "board_url": on_board(visit.appointment)}


def _appointment(request: HttpRequest, pk: UUID) -> Appointment:
    return access.own(request, booking.appointments(), pk)


def _visit(request: HttpRequest, pk: UUID) -> Visit:
    return access.own(request, selectors.visits(), pk, client_field="appointment__client")
