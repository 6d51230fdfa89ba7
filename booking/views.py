"""The visitor's way to a booking: what, when, who, done. No login is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking import flow, ics, screens, selectors, throttle
from booking.draft import Draft
from booking.errors import NotBookable, SlotTaken
from booking.forms import WhenForm
from booking.reply import calendar_file
from clinic import access
from clinic import selectors as ground
from clinic.errors import DomainError
from clinic.links import absolute

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.public
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What: every session with its price. A link from elsewhere may have chosen already."""
    wanted = flow.uuid_or_none(request.GET.get("option"))
    if wanted and selectors.bookable_options().filter(pk=wanted).exists():
        return redirect("booking:time", wanted)
    context = {"services": ground.price_list(), "draft": Draft.of(request)}
    return _step(request, 1, "booking/start.html", context)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def time(request: HttpRequest, option_id: UUID) -> HttpResponse:
    """When: pressing a time keeps it while the rest is filled in."""
    option = get_object_or_404(selectors.bookable_options(), pk=option_id)
    draft = Draft.of(request)
    screen = flow.time_screen(request, option, own_hold=draft.hold_token)
    status, error = 200, ""
    if request.method == "POST":
        form = WhenForm(request.POST)
        try:
            if form.is_valid():
                if throttle.too_many(request, "hold", throttle.HOLDS):
                    return render(request, "429.html", status=429)
                flow.take_time(request, draft, option, form)
                return redirect("booking:details")
            error = _("Choose one of the times.")
        except (SlotTaken, NotBookable) as refusal:
            error = str(refusal.message)
            screen = flow.time_screen(request, option, own_hold=draft.hold_token)
            near, who = form.cleaned_data["start"], form.cleaned_data["therapist"]
            screen.lost = screens.alternatives(option, near, who, draft.hold_token)
        status = 422
    whole = "booking/time.html"
    page = "booking/_times.html" if flow.wants_part(request, "times") else whole
    context = {"screen": screen, "error": error}
    return _step(request, 2, page, context, status)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Who: then the time is theirs."""
    draft = Draft.of(request)
    if not draft.start:
        return redirect("booking:done" if draft.done else "booking:start")
    form = flow.details_form(request, draft)
    lost: list[screens.TimeChoice] = []
    if request.method == "POST":
        draft.keep(flow.typed(request))
        draft.save(request)
        if form.is_valid():
            if throttle.too_many(request, "book", throttle.BOOKINGS):
                return render(request, "429.html", status=429)
            try:
                flow.finish(request, draft, form)
                return redirect("booking:done")
            except SlotTaken as refusal:
                form.add_error(None, str(refusal.message))
                lost = flow.instead(draft)
            except DomainError as refusal:
                form.add_error(None, str(refusal.message))
    context = {"form": form, "lost": lost, "shown": draft.start, **flow.summary(draft)}
    return _step(request, 3, "booking/details.html", context, 422 if form.is_bound else 200)


@access.public
@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    appointment = flow.made(request)
    if appointment is None:
        return redirect("booking:start")
    return _step(request, 5, "booking/done.html", flow.after(request, appointment))


@access.public
@never_cache
@require_safe
def calendar(request: HttpRequest) -> HttpResponse:
    """The calendar entry of the visit that this browser has just booked."""
    appointment = flow.made(request)
    if appointment is None:
        flash.info(request, _("Sign in to find your visits."))
        return redirect("booking:start")
    url = absolute(reverse("booking:visit-detail", args=[appointment.pk]))
    return calendar_file(ics.entry(appointment, method=ics.PUBLISH, url=url))


def _step(
    request: HttpRequest, step: int, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    names = [_("Session"), _("Time"), _("You"), _("Done")]
    return render(request, template, {"steps": names, "step": step, **context}, status=status)
