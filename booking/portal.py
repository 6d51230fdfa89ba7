"""What clients see of their visits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import changing, flow, ics, readiness, selectors, services
from booking.reply import calendar_file
from clinic import access
from clinic.errors import DomainError
from clinic.links import absolute

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

PAGE = 20


@require_safe
def visit_list(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    services.claim(actor=access.user_of(request), client=client)
    upcoming = list(selectors.upcoming(client))
    ready = readiness.of_all(upcoming)
    context = {
        "client": client,
        "clients": list(access.clients_for(request.user)),
        "upcoming": [(appointment, ready[appointment.pk]) for appointment in upcoming],
        "past": Paginator(selectors.past(client), PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "booking/visit_list.html", context)


@require_safe
def visit_detail(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    if appointment.is_unclaimed and appointment.client is not None:
        services.claim(actor=access.user_of(request), client=appointment.client)
        appointment = _mine(request, appointment_id)
    context = {
        "appointment": appointment,
        "client": appointment.client,
        "readiness": readiness.of(appointment),
        "may_change": appointment.is_upcoming and services.may_change(appointment),
    }
    return render(request, "booking/visit_detail.html", context)


@require_safe
def panel(request: HttpRequest) -> HttpResponse:
    """The next visit, for the portal's home."""
    client = access.acting_client(request)
    if not getattr(request, "htmx", False):
        return redirect("booking:visit-list")
    services.claim(actor=access.user_of(request), client=client)
    appointment = selectors.next_visit(client)
    context = {
        "appointment": appointment,
        "readiness": readiness.of(appointment) if appointment else None,
    }
    return render(request, "booking/_portal_panel.html", context)


@require_safe
def visit_calendar(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    url = absolute(reverse("booking:visit-detail", args=[appointment.pk]))
    method = ics.CANCEL if appointment.status == "cancelled" else ics.PUBLISH
    return calendar_file(ics.entry(appointment, method=method, url=url))


@require_http_methods(["GET", "HEAD", "POST"])
def visit_cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    try:
        page = changing.cancelling(request, appointment, access.user_of(request))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect("booking:visit-detail", appointment.pk)
    if page.is_done:
        flash.success(request, _("Your visit is cancelled. We have sent you an e-mail."))
        return redirect("booking:visit-detail", appointment.pk)
    context = {
        "appointment": appointment,
        "page": page,
        "back": reverse("booking:visit-detail", args=[appointment.pk]),
    }
    return render(request, "booking/visit_cancel.html", context, status=page.status)


@require_http_methods(["GET", "HEAD", "POST"])
def visit_move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    try:
        page = changing.moving(request, appointment, access.user_of(request))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect("booking:visit-detail", appointment.pk)
    if page.made:
        flash.success(request, _("Your visit has moved. We have sent you an e-mail."))
        return redirect("booking:visit-detail", appointment.pk)
    back = reverse("booking:visit-detail", args=[appointment.pk])
    context = {**page.context, "appointment": appointment, "back": back}
    part = flow.wants_part(request, "times") and page.screen
    template = "booking/_times.html" if part else "booking/visit_move.html"
    return render(request, template, context, status=page.status)


@require_POST
def visit_self_pay(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """No prescription after all: the same session, paid without one."""
    appointment = _mine(request, appointment_id)
    try:
        services.switch_to_self_pay(actor=access.user_of(request), appointment=appointment)
        flash.success(request, _("This is a self-pay session now; no prescription is needed."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("booking:visit-detail", appointment.pk)


def _mine(request: HttpRequest, pk: UUID) -> Appointment:
    return access.mine(request, selectors.appointments(), pk)
