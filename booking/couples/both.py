"""Pages on which a couple moves or cancels both visits at once; for clients and the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from booking import covering, flow, screens, services
from booking.changing import AgreeForm
from booking.couples import pairs
from booking.couples import services as couples
from booking.errors import FeeNotAgreed, NotTogether, SlotTaken
from booking.forms import WhenForm
from clinic import access, audit, looks
from clinic.errors import DomainError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

PORTAL, DESK = "layouts/portal.html", "layouts/desk.html"


def apart(request: HttpRequest, back: str) -> HttpResponse:
    """They were together, and are not any more."""
    flash.warning(request, str(NotTogether.message))
    return redirect(back)


def move(request: HttpRequest, appointment: Appointment, *, layout: str, back: str) -> HttpResponse:
    pair, by_desk = pairs.of(appointment), layout == DESK
    if pair is None:
        return apart(request, back)
    if by_desk:
        for one in pair:
            audit.viewed(request, one, again=looks.PAGE)
    option, status, error, lost = appointment.option, 200, "", []
    may_move = by_desk or all(one.is_upcoming and services.may_change(one) for one in pair)
    if request.method == "POST":
        form, status = WhenForm(request.POST), 422
        if not form.is_valid():
            error = str(next(iter(form.errors.values()))[0])
        else:
            start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
            try:
                couples.reschedule(
                    actor=access.user_of(request),
                    appointment=appointment,
                    start=start,
                    therapist=therapist,
                )
                return redirect(back)
            except DomainError as refusal:
                error = str(refusal.message)
                if isinstance(refusal, SlotTaken):
                    lost = screens.alternatives(option, start, therapist, two=True)
    screen = None
    if may_move:
        screen = flow.time_screen(request, option, moving=pair, by_desk=by_desk, two=True)
        screen.lost, screen.notes = lost, covering.warnings_at(screen.chosen, pair)
    context: dict[str, Any] = {"layout": layout, "back": back, "pair": pair, "screen": screen}
    context |= {"error": error, "appointment": appointment}
    part = flow.wants_part(request, "times") and screen
    page = "booking/_times.html" if part else "booking/couples/move.html"
    return render(request, page, context, status=status)


def cancel_as_client(request: HttpRequest, appointment: Appointment, *, back: str) -> HttpResponse:
    pair = pairs.of(appointment)
    if pair is None:
        return apart(request, back)
    fee, error, status = couples.fee_for_cancelling(pair), "", 200
    form = AgreeForm(request.POST if request.method == "POST" else None, fee_cents=fee)
    if request.method == "POST":
        status = 422
        if form.is_valid():
            data = form.cleaned_data
            try:
                couples.cancel(
                    actor=access.user_of(request),
                    appointment=appointment,
                    agreed_cents=data.get("fee") or 0,
                    reason=data["reason"],
                )
                return redirect(back)
            except FeeNotAgreed as refusal:
                fee, error = refusal.cents, str(refusal.message)
                form = AgreeForm(initial={"reason": data["reason"]}, fee_cents=fee)
            except DomainError as refusal:
                error = str(refusal.message)
    context = {
        "layout": PORTAL,
        "back": back,
        "pair": pair,
        "form": form,
        "fee_cents": fee,
        "error": error,
        "title": _("Cancel both visits?"),
    }
    return render(request, "booking/couples/cancel.html", context, status=status)
