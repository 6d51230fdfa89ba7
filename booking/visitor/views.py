"""The visitor's booking steps: what, when, who, done; for one or for two. No login needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking import selectors, throttle
from booking.errors import AlreadyBooked, SlotTaken
from booking.times import timetable, versions
from booking.visitor import codes, flow, persons
from booking.visitor.draft import Draft
from booking.visits import coverage, ics, parties, requests
from clinic import access
from clinic.errors import DomainError
from clinic.messaging.links import absolute
from clinic.prices.coupons import CouponRefused
from clinic.prices.selectors import price_list
from clinic.selectors import location

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest

    from booking.times.picker import TimeChoice, TimeScreen
    from booking.times.timetable import Timetable
    from booking.times.versions import Versions
    from booking.visits.forms import VisitorForm
    from clinic.models import ServiceOption, Therapist


@access.public
@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """What: every session with its price. A link from elsewhere may have preselected one."""
    wanted = requests.uuid_or_none(request.GET.get("option"))
    if wanted and selectors.bookable_options().filter(pk=wanted).exists():
        return redirect("booking:time", wanted)
    place = getattr(request, "clinic", None)
    for_two_offered = place is not None and parties.rooms_for_two(place).exists()
    context = {
        "services": price_list(),
        "for_two_offered": for_two_offered,
        "two": for_two_offered and request.GET.get("for") == "two",
    }
    return render(request, "booking/visitor/start.html", _step(1, context))


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def time(request: HttpRequest, option_id: UUID, *, seats: int = 1) -> HttpResponse:
    """When: picking a time holds it while the rest is filled in."""
    diary, draft = versions.read(), Draft.of(request)
    option = selectors.option(option_id, timetable.current(location(), diary.rules))
    if option is None:
        raise Http404
    if seats > 1 and not parties.suits(option):
        return redirect("booking:time", option.pk)
    picked = _pick(request, draft, option, seats, diary) if request.method == "POST" else None
    if picked and picked.made:
        return picked.made
    return _times(request, draft, option, seats, picked)


def _times(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption,
    seats: int,
    picked: requests.Picked[HttpResponse] | None,
) -> HttpResponse:
    screen = requests.time_screen(request, option, own_hold=draft.hold_token, seats=seats)
    screen.lost, screen.notes = picked.lost if picked else [], _notes(request, screen)
    context = {"screen": screen, "error": picked.error if picked else "", "two": seats > 1}
    status = requests.REFUSED if picked else requests.OK
    return requests.times_page(request, "booking/visitor/time.html", _step(2, context), status)


def _pick(
    request: HttpRequest, draft: Draft, option: ServiceOption, seats: int, diary: Versions
) -> requests.Picked[HttpResponse]:
    def hold(start: datetime, therapist: Therapist | None) -> HttpResponse:
        if throttle.too_many(request, "hold", throttle.HOLDS):
            return render(request, "429.html", status=429)
        flow.take_time(request, draft, option, start, therapist, seats, diary)
        return redirect(flow.page("details", seats))

    return requests.pick(request, option, hold, seats=seats, own_hold=draft.hold_token)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, *, seats: int = 1) -> HttpResponse:
    """Who: after this the time is theirs."""
    draft = Draft.of(request)
    if not draft.start:
        return _finished(len(draft.done), seats)
    if draft.seats != seats:
        return redirect(flow.page("details", draft.seats))
    rules = timetable.current(location())
    option = selectors.option(draft.option, rules)
    if request.method == "POST" and (answer := _other_button(request, draft, option)):
        return answer
    return _last_button(request, draft, rules, option)


def _last_button(
    request: HttpRequest, draft: Draft, rules: Timetable, option: ServiceOption | None
) -> HttpResponse:
    """Book, if everything is typed; otherwise show the page, and what is wrong with it."""
    without = selectors.self_pay_option(option, rules)
    forms = persons.forms_for(request, draft, option, without)
    lost: list[TimeChoice] = []
    valid = [form.is_valid() for form in forms]  # each says what is wrong
    if all(valid):
        answer, lost = _finish(request, draft, rules, forms)
        if answer:
            return answer
    context = {"forms": forms, "form": forms[0], "lost": lost}
    context |= flow.summary(draft, rules, without)
    status = requests.REFUSED if forms[0].is_bound else requests.OK
    return render(request, "booking/visitor/details.html", _step(3, context), status=status)


def _other_button(
    request: HttpRequest, draft: Draft, option: ServiceOption | None
) -> HttpResponse | None:
    """Keep what was typed, and do what another button than the last one asks for."""
    draft.keep(persons.typed(request, draft.seats))
    draft.save(request)
    if (elsewhere := flow.other_button(request, draft)) is not None:
        return elsewhere
    act: Callable[[HttpRequest, Draft, ServiceOption | None], object]
    if request.POST.get("go") == "keep":
        act = flow.hold_again
    elif request.POST.get("go") == "code":
        act = codes.check
    elif "take" in request.POST:
        act = flow.take_other
    else:
        return None
    if throttle.too_many(request, "hold", throttle.HOLDS):
        return render(request, "429.html", status=429)
    try:
        act(request, draft, option)
    except DomainError as refusal:
        flash.warning(request, str(refusal.message))
    return redirect(flow.page("details", draft.seats))


def _finish(
    request: HttpRequest,
    draft: Draft,
    rules: Timetable,
    forms: Sequence[VisitorForm],
) -> tuple[HttpResponse | None, list[TimeChoice]]:
    """The last button: where it leads, or times near one that was lost."""
    if throttle.too_many(request, "book", throttle.BOOKINGS):
        return render(request, "429.html", status=429), []
    try:
        flow.finish(request, draft, rules, forms)
    except CouponRefused as refusal:
        forms[refusal.seat].add_error("coupon", str(refusal.message))
        return None, []
    except DomainError as refusal:
        forms[0].add_error(None, str(refusal.message))
        gone = isinstance(refusal, SlotTaken | AlreadyBooked)
        return None, flow.near(draft, selectors.option(draft.option, rules)) if gone else []
    return redirect(flow.page("done", draft.seats)), []


@access.public
@never_cache
@require_safe
def done(request: HttpRequest, *, seats: int = 1) -> HttpResponse:
    draft = Draft.of(request)
    party = flow.made(draft)
    if len(party) != seats:
        return _finished(len(party), seats)
    visits = [flow.after(request, draft, one) for one in party]
    people = [one.client for one in party if one.client is not None]
    by_one = people[-1].user_id is None  # anyone with their own login manages their own visit
    if request.user.is_authenticated:
        by_one = all(visit["own"] for visit in visits)
    context = {"visits": visits, "two": seats > 1, "by_one": by_one, **visits[0]}
    return render(request, "booking/visitor/done.html", _step(5, context))


@access.public
@never_cache
@require_safe
def calendar(request: HttpRequest, *, seat: int = 0, seats: int = 1) -> HttpResponse:
    """The calendar entry of a visit that this browser has just booked."""
    party = flow.made(Draft.of(request))
    if len(party) < seats:
        flash.info(request, _("Sign in to find your visits."))
        return redirect("booking:start")
    if seat >= len(party):
        raise Http404
    url = absolute(reverse("booking:visit-detail", args=[party[seat].pk]))
    return ics.calendar_file(ics.entry(party[seat], method=ics.PUBLISH, url=url))


def _finished(booked: int, seats: int) -> HttpResponse:
    """Where someone goes who has nothing left to fill in."""
    return redirect(flow.page("done", booked) if booked >= seats else "booking:start")


def _step(number: int, context: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [_("Session"), _("Time"), _("You"), _("Done")], "step": number, **context}


def _notes(request: HttpRequest, screen: TimeScreen) -> list[str]:
    """What the client's prescription says about the chosen date; only when signed in."""
    if screen.chosen is None or not request.user.is_authenticated:
        return []
    clients = access.clients_for(request.user)
    chosen = requests.uuid_or_none(request.session.get(access.ACTING))
    client = (clients.filter(pk=chosen).first() if chosen else None) or clients.first()
    if client is None:
        return []
    return coverage.warnings([client], screen.option, screen.chosen)
