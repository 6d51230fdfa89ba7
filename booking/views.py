"""The visitor's way to a booking: what, when, who, done. No login is needed."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking import covering, flow, ics, screens, selectors, throttle
from booking.couples import pairs
from booking.draft import Draft
from booking.errors import AlreadyBooked, NotBookable, SlotTaken
from booking.forms import WhenForm
from booking.reply import calendar_file
from clinic import access
from clinic import selectors as ground
from clinic.errors import DomainError
from clinic.links import absolute

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

INVALID = "invalid_choice"


@access.public
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What: every session with its price. A link from elsewhere may have chosen already."""
    wanted = flow.uuid_or_none(request.GET.get("option"))
    if wanted and selectors.bookable_options().filter(pk=wanted).exists():
        return redirect("booking:time", wanted)
    place = getattr(request, "clinic", None)
    for_two_offered = place is not None and pairs.offered(place)
    context = {
        "services": ground.price_list(),
        "for_two_offered": for_two_offered,
        "two": for_two_offered and request.GET.get("for") == "two",
    }
    return step(request, 1, "booking/start.html", context)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def time(request: HttpRequest, option_id: UUID, *, two: bool = False) -> HttpResponse:
    """When: pressing a time keeps it while the rest is filled in."""
    option = selectors.option(option_id)
    if option is None:
        raise Http404
    if two and not pairs.suits(option):
        return redirect("booking:time", option.pk)
    draft = Draft.of(request)
    status, error, lost = 200, "", []
    if request.method == "POST":
        form, status = WhenForm(request.POST), 422
        try:
            if form.is_valid():
                if throttle.too_many(request, "hold", throttle.HOLDS):
                    return render(request, "429.html", status=429)
                flow.take_time(request, draft, option, form, two=two)
                return redirect("booking:two-details" if two else "booking:details")
            wrong = form.errors.get("start")
            error = str(wrong[0] if wrong else form.fields["therapist"].error_messages[INVALID])
        except (SlotTaken, NotBookable) as refusal:
            error = str(refusal.message)
            near, who = form.cleaned_data["start"], form.cleaned_data["therapist"]
            lost = screens.alternatives(option, near, who, draft.hold_token, two=two)
    screen = flow.time_screen(request, option, own_hold=draft.hold_token, two=two)
    screen.lost, screen.notes = lost, _notes(request, screen)
    part = flow.wants_part(request, "times")
    page = "booking/_times.html" if part else "booking/time.html"
    return step(request, 2, page, {"screen": screen, "error": error, "two": two}, status)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Who: then the time is theirs."""
    draft = Draft.of(request)
    if not draft.start:
        return redirect("booking:done" if draft.done else "booking:start")
    if draft.two:
        return redirect("booking:two-details")
    if request.method == "POST":
        draft.keep(flow.typed(request))
        draft.save(request)
        if (elsewhere := flow.aside(request, draft)) is not None:
            return elsewhere
        if request.POST.get("go") == "keep":
            return again(request, "booking:details", partial(flow.keep_longer, draft=draft))
        if "take" in request.POST:
            return again(request, "booking:details", partial(flow.take_other, draft=draft))
    option, clients = flow.option_of(draft), list(access.clients_for(request.user))
    reach = flow.outlooks(option, clients, flow.local_date(draft))
    form = flow.details_form(request, draft, option, clients, reach)
    lost: list[screens.TimeChoice] = []
    if form.is_bound and form.is_valid():
        if throttle.too_many(request, "book", throttle.BOOKINGS):
            return render(request, "429.html", status=429)
        try:
            flow.finish(request, draft, form)
            return redirect("booking:done")
        except (SlotTaken, AlreadyBooked) as refusal:
            form.add_error(None, str(refusal.message))
            lost = flow.instead(draft)
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
    context = {"form": form, "lost": lost, **flow.summary(draft, option, form.without)}
    return step(request, 3, "booking/details.html", context, 422 if form.is_bound else 200)


@access.public
@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    if Draft.of(request).done_too:
        return redirect("booking:two-done")
    appointment = flow.made(request)
    if appointment is None:
        return redirect("booking:start")
    return step(request, 5, "booking/done.html", flow.after(request, appointment))


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


def again(request: HttpRequest, page: str, hold: Callable[[HttpRequest], object]) -> HttpResponse:
    """Hold a time from the page of details, and come back to it."""
    if throttle.too_many(request, "hold", throttle.HOLDS):
        return render(request, "429.html", status=429)
    try:
        hold(request)
    except DomainError as refusal:
        flash.warning(request, str(refusal.message))
    return redirect(page)


def step(
    request: HttpRequest, number: int, template: str, context: dict[str, Any], status: int = 200
) -> HttpResponse:
    names = [_("Session"), _("Time"), _("You"), _("Done")]
    return render(request, template, {"steps": names, "step": number, **context}, status=status)


def _notes(request: HttpRequest, screen: screens.TimeScreen) -> list[str]:
    """What the client's prescription says to the chosen date, for the signed-in alone."""
    if screen.chosen is None or not request.user.is_authenticated:
        return []
    clients = access.clients_for(request.user)
    chosen = flow.uuid_or_none(request.session.get(access.ACTING))
    client = (clients.filter(pk=chosen).first() if chosen else None) or clients.first()
    if client is None:
        return []
    return covering.warnings(client=client, option=screen.option, on=screen.chosen)
