"""What clients see of their visits."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import selectors
from booking.models import AppointmentStatus
from booking.portal import changing
from booking.visits import ics, readiness, requests, services
from clinic import access
from clinic.messaging.links import absolute
from clinic.web.form_page import act

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from booking.visits.parties import Party

    View = Callable[..., HttpResponse]

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
    return render(request, "booking/portal/visit_list.html", context)


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
    return render(request, "booking/portal/visit_detail.html", context)


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
    return render(request, "booking/portal/_portal_panel.html", context)


@require_safe
def visit_calendar(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    url = absolute(reverse("booking:visit-detail", args=[appointment.pk]))
    method = ics.CANCEL if appointment.status == AppointmentStatus.CANCELLED else ics.PUBLISH
    return ics.calendar_file(ics.entry(appointment, method=method, url=url))


def _changes(view: Callable[[HttpRequest, Party, str], HttpResponse]) -> View:
    """A page that changes a visit, or both of a couple; what is refused is said on the visit's."""

    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, appointment_id: UUID, *, seats: int = 1) -> HttpResponse:
        appointment = _mine(request, appointment_id)
        back = reverse("booking:visit-detail", args=[appointment.pk])

        def show(party: Party) -> HttpResponse:
            return view(request, _all_mine(request, party), back)

        return requests.party_page(request, appointment, seats, back, show)

    return page


def _told(done: str, party: Party) -> str:
    """What was done, and that there is an e-mail, if one goes out."""
    clients = [one.client for one in party if one.client is not None]
    written = any(not client.is_called for client in clients)
    return f"{done} {_('We have sent you an e-mail.')}" if written else done


@_changes
def visit_cancel(request: HttpRequest, party: Party, back: str) -> HttpResponse:
    page = changing.cancelling(request, party, access.user_of(request))
    if page.is_done:
        text, both = _("Your visit is canceled."), _("Both visits are canceled.")
        flash.success(request, _told(both if len(party) > 1 else text, party))
        return redirect(back)
    context = {"appointment": party[0], "party": party, "page": page, "back": back}
    return render(request, "booking/portal/visit_cancel.html", context, status=page.status)


@_changes
def visit_move(request: HttpRequest, party: Party, back: str) -> HttpResponse:
    page = changing.moving(request, party, access.user_of(request))
    if page.made:
        text, both = _("Your visit has moved."), _("Both visits have moved.")
        flash.success(request, _told(both if len(party) > 1 else text, party))
        return redirect(back)
    context = {**page.context, "appointment": party[0], "party": party, "back": back}
    return requests.times_page(request, "booking/portal/visit_move.html", context, page.status)


@require_POST
def visit_self_pay(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """No prescription after all: the same session, as self-pay."""
    appointment = _mine(request, appointment_id)
    actor = access.user_of(request)

    def switch() -> str:
        services.switch_to_self_pay(actor=actor, appointment=appointment)
        return _("This is now a self-pay session; no prescription is needed.")

    act(request, switch)
    return redirect("booking:visit-detail", appointment.pk)


def _mine(request: HttpRequest, pk: UUID) -> Appointment:
    return access.own(request, selectors.appointments(), pk)


def _all_mine(request: HttpRequest, party: Party) -> Party:
    """A visit of this login, or both of a couple if both belong to it."""
    for one in party if len(party) > 1 else ():
        if one.client is None or not access.may_act_for(request.user, one.client):
            raise Http404
    return party
