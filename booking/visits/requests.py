"""What pages of times share: what their address asks for, and what came of a picked time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from uuid import UUID

from django.contrib import messages as flash
from django.shortcuts import redirect, render

from booking import selectors
from booking.errors import SlotTaken
from booking.times import picker
from booking.visits import parties
from booking.visits.forms import WhenForm
from clinic.dates import day_or_none
from clinic.errors import DomainError, InvalidTransition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from booking.visits.parties import Party
    from clinic.models import ServiceOption, Therapist

OK, REFUSED = 200, 422
Made = TypeVar("Made")


def uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def wants_part(request: HttpRequest, target: str) -> bool:
    """Whether htmx wants only one part of the page."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx and htmx.target == target and not htmx.history_restore_request)


def therapist_of(text: str | None) -> Therapist | None:
    pk = uuid_or_none(text)
    return selectors.therapists().filter(pk=pk).first() if pk else None


def time_screen(request: HttpRequest, option: ServiceOption, **more: Any) -> picker.TimeScreen:
    """The choice of times that the URL asks for."""
    screen = picker.time_screen(
        option=option,
        therapist=therapist_of(request.GET.get("therapist")),
        begin=day_or_none(request.GET.get("from")),
        day=day_or_none(request.GET.get("day")),
        location=getattr(request, "clinic", None),
        **more,
    )
    rest = request.GET.copy()
    for name in ("from", "day", "at"):
        rest.pop(name, None)
    screen.address = f"?{rest.urlencode()}&" if rest else "?"
    return screen


def times_page(
    request: HttpRequest, template: str, context: Mapping[str, Any], status: int = OK
) -> HttpResponse:
    """A page with a `screen` of times; htmx may ask for the times alone."""
    part = wants_part(request, "times") and context.get("screen")
    return render(
        request, "booking/times/_times.html" if part else template, context, status=status
    )


@dataclass(slots=True)
class Picked(Generic[Made]):
    """What was made of a time, or why nothing was, with times near it if it was taken."""

    made: Made | None = None
    error: str = ""
    lost: list[picker.TimeChoice] = field(default_factory=list)


def pick(
    request: HttpRequest,
    option: ServiceOption,
    act: Callable[[datetime, Therapist | None], Made],
    *,
    seats: int = 1,
    own_hold: UUID | None = None,
) -> Picked[Made]:
    """Act on the time that was posted.

    Raises:
        InvalidTransition: what was to be moved has changed in the meantime.
    """
    form = WhenForm(request.POST)
    if not form.is_valid():
        return Picked(error=form.problem)
    start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
    try:
        return Picked(act(start, therapist))
    except InvalidTransition:
        raise
    except DomainError as refusal:
        found = Picked[Made](error=str(refusal.message))
        if isinstance(refusal, SlotTaken):
            found.lost = picker.alternatives(option, start, therapist, own_hold, seats=seats)
        return found


def party_page(
    request: HttpRequest,
    appointment: Appointment,
    seats: int,
    back: str,
    show: Callable[[Party], HttpResponse],
) -> HttpResponse:
    """A page that changes a visit, or both of a couple; a refusal is said on the one before."""
    try:
        return show(parties.both(appointment) if seats > 1 else [appointment])
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect(back)
