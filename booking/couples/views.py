"""Booking for two at the same time: the last two of the visitor's four screens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from booking import flow, ics, throttle
from booking.couples import flow as flow_two
from booking.draft import Draft
from booking.errors import AlreadyBooked, SlotTaken
from booking.reply import calendar_file
from booking.views import again, step
from clinic import access
from clinic.errors import DomainError
from clinic.links import absolute

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from booking.screens import TimeChoice


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Who: the two of them on one page."""
    draft = Draft.of(request)
    if not draft.start:
        return redirect("booking:two-done" if draft.done_too else "booking:start")
    if not draft.two:
        return redirect("booking:details")
    if request.method == "POST":
        draft.keep(flow.typed(request, flow_two.TYPED))
        draft.save(request)
        if (elsewhere := flow.aside(request, draft)) is not None:
            return elsewhere
        if request.POST.get("go") == "keep":
            longer = partial(flow_two.keep_longer, draft=draft)
            return again(request, "booking:two-details", longer)
        if "take" in request.POST:
            return again(request, "booking:two-details", partial(flow.take_other, draft=draft))
    option, clients = flow.option_of(draft), list(access.clients_for(request.user))
    reach = flow.outlooks(option, clients, flow.local_date(draft))
    first = flow.details_form(request, draft, option, clients, reach)
    second = flow_two.second_form(request, draft, option, clients, reach, first)
    lost: list[TimeChoice] = []
    good = [form.is_bound and form.is_valid() for form in (first, second)]  # both say what is wrong
    if all(good):
        if throttle.too_many(request, "book", throttle.BOOKINGS):
            return render(request, "429.html", status=429)
        try:
            flow_two.finish(request, draft, first, second)
            return redirect("booking:two-done")
        except (SlotTaken, AlreadyBooked) as refusal:
            first.add_error(None, str(refusal.message))
            lost = flow.instead(draft)
        except DomainError as refusal:
            first.add_error(None, str(refusal.message))
    context = {
        "form": first,
        "second": second,
        "lost": lost,
        "two": True,
        **flow.summary(draft, option, first.without),
    }
    return step(request, 3, "booking/couples/details.html", context, 422 if first.is_bound else 200)


@access.public
@never_cache
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    found = flow_two.made(request)
    if not found:
        return redirect("booking:start")
    visits = [flow.after(request, appointment) for appointment in found]
    people = [one.client for one in found if one.client is not None]
    by_one = people[-1].user_id is None  # whoever has a login of their own sees to their own visit
    if request.user.is_authenticated:
        by_one = all(access.may_act_for(request.user, client) for client in people)
    context = {"visits": visits, "by_one": by_one, **visits[0]}
    return step(request, 5, "booking/couples/done.html", context)


@access.public
@never_cache
@require_safe
def calendar(request: HttpRequest, seat: int) -> HttpResponse:
    """The calendar entry of one of the two visits that this browser has just booked."""
    found = flow_two.made(request)
    if not found:
        return redirect("booking:start")
    if seat >= len(found):
        raise Http404
    url = absolute(reverse("booking:visit-detail", args=[found[seat].pk]))
    return calendar_file(ics.entry(found[seat], method=ics.PUBLISH, url=url))
