"""What staff see of the diary: the day board and one appointment beside it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import covering, day_screen, desk_when, flow, owing, readiness, selectors, services
from booking.desk_forms import DeskCancelForm
from booking.errors import FeeNotAgreed
from booking.forms import MarkForm
from booking.links import on_board
from clinic import access, audit, looks
from clinic import selectors as ground
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.models import Role

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from clinic.models import Location

DAY = timedelta(days=1)


@access.staff
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    today = timezone.localdate()
    shown = day_or_none(request.GET.get("day")) or today
    wanted = flow.uuid_or_none(request.GET.get("open"))
    visible = access.seen(access.user_of(request), selectors.appointments())
    opened = visible.filter(pk=wanted).first() if wanted else None
    if opened:
        audit.viewed(request, opened)
    context = {
        **day_screen.day_board(_location(request), shown, access.user_of(request)),
        "day": shown,
        "today": today,
        "previous": shown - DAY,
        "next": shown + DAY,
        "may_book": _may_book(request),
        **(_panel(request, opened) if opened else {}),
    }
    return render(request, "booking/day.html", context)


@access.staff
@require_safe
def appointment_detail(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Beside the board by htmx, else a page of its own."""
    appointment = _one(request, appointment_id)
    audit.viewed(request, appointment)
    part = flow.wants_part(request, "panel")
    page = "booking/_panel.html" if part else "booking/appointment.html"
    return render(request, page, _panel(request, appointment))


@access.staff
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_mark(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Did not come, or back again. Checking in and what follows is the treatment's."""
    appointment = _one(request, appointment_id)
    if request.method != "POST":
        return redirect(on_board(appointment))
    form = MarkForm(request.POST)
    if form.is_valid():
        try:
            services.mark(
                actor=request.user, appointment=appointment, status=form.cleaned_data["status"]
            )
        except DomainError as refusal:
            flash.error(request, str(refusal.message))
    return redirect(on_board(appointment))


@access.desk
@require_POST
def appointment_self_pay(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    try:
        services.switch_to_self_pay(actor=access.user_of(request), appointment=appointment)
        flash.success(request, _("This is a self-pay session now."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect(on_board(appointment))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    audit.viewed(request, appointment, again=looks.PAGE)
    fee = owing.for_cancelling(appointment)
    form = DeskCancelForm(request.POST or None, fee_cents=fee)
    if request.method == "POST" and form.is_valid():
        try:
            services.cancel(actor=request.user, appointment=appointment, **form.cleaned_data)
            flash.success(request, _("Cancelled. The client is told by e-mail."))
            return redirect(on_board(appointment))
        except FeeNotAgreed as refusal:
            fee, form = refusal.cents, form.asking(refusal)
        except DomainError as refusal:
            flash.error(request, str(refusal.message))
            return redirect(on_board(appointment))
    context = {
        "appointment": appointment,
        "form": form,
        "fee_cents": fee,
        "back": on_board(appointment),
    }
    status = 422 if form.is_bound else 200
    return render(request, "booking/appointment_cancel.html", context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    audit.viewed(request, appointment, again=looks.PAGE)
    option = appointment.option
    act = partial(services.reschedule, actor=access.user_of(request), appointment=appointment)
    found = desk_when.attempt(request, desk_when.Wishing(option, moving=appointment), act)
    if found.made:
        flash.success(request, _("Moved. The client is told by e-mail."))
        return redirect(on_board(found.made))
    screen = flow.time_screen(request, option, moving=appointment, by_desk=True)
    screen.notes = covering.warnings_at(screen.chosen, [appointment])
    context = {
        **desk_when.context(found, screen),
        "appointment": appointment,
        "back": on_board(appointment),
    }
    part = flow.wants_part(request, "times")
    page = "booking/_times.html" if part else "booking/appointment_move.html"
    return render(request, page, context, status=found.status)


@access.staff
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's visits, for the client's record."""
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="appointments.viewed", part=part)
    context = {
        "client": client,
        "upcoming": selectors.upcoming(client),
        "past": selectors.past(client)[:10],
        "may_book": _may_book(request),
    }
    page = "booking/_client_panel.html" if part else "booking/client_visits.html"
    return render(request, page, context)


def _one(request: HttpRequest, pk: UUID) -> Appointment:
    return access.own(request, selectors.appointments(), pk)


def _panel(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    return {
        "appointment": appointment,
        "readiness": readiness.of(appointment),
        "may_book": _may_book(request),
        "day_url": on_board(appointment),
        "now": timezone.now(),
    }


def _location(request: HttpRequest) -> Location:
    """The clinic, as the middleware has read it for this request."""
    known: Location | None = getattr(request, "clinic", None)
    return known or ground.location()


def _may_book(request: HttpRequest) -> bool:
    return access.user_of(request).role in {Role.FRONT_DESK, Role.MANAGER}
