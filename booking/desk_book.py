"""The desk books on somebody's behalf: who, then what and when. By telephone or walk-in."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import covering, desk_when, flow, selectors, services
from booking.forms import DetailsForm
from booking.links import on_board
from booking.models import Appointment
from clinic import access, audit, looks, people
from clinic import selectors as ground
from clinic.forms import ClientSearchForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Find the client, or write down a new one."""
    find = ClientSearchForm(request.POST)  # names travel in the body, never in an address
    searching = "find" in request.POST
    form = DetailsForm(None if searching else request.POST or None, clients=[], ask_email=True)
    del form.fields["relationship"]
    if form.is_bound and form.is_valid():
        client = people.register_client(actor=access.user_of(request), **form.cleaned_data)
        return redirect(_what_url(request, client.pk))
    words = find.cleaned_data["q"] if searching and find.is_valid() else ""
    context = {
        "form": form,
        "words": words,
        "clients": ground.search_clients(words) if words else [],
        "keep": _keep(request),
    }
    return render(request, "booking/desk_who.html", context, status=422 if form.is_bound else 200)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """The session and the time, on one page."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="booking.viewed", again=looks.PAGE)
    options = list(selectors.bookable_options().order_by("service__position", "minutes"))
    wanted = flow.uuid_or_none(request.GET.get("option"))
    option = next((item for item in options if item.pk == wanted), None)
    walk_in = "walk_in" in request.GET
    context = {"client": client, "options": options, "option": option, "walk_in": walk_in}
    if option is None:
        return render(request, "booking/desk_what.html", context)
    act = partial(
        services.book_for_desk,
        actor=access.user_of(request),
        client=client,
        option=option,
        source=Appointment.Source.WALK_IN if walk_in else Appointment.Source.DESK,
    )
    found = desk_when.attempt(request, desk_when.Wishing(option, walk_in=walk_in), act)
    if found.made:
        flash.success(request, _("Booked. The confirmation is on its way by e-mail."))
        return redirect(on_board(found.made))
    screen = flow.time_screen(request, option, by_desk=True)
    if screen.chosen:
        screen.notes = covering.warnings(client=client, option=option, on=screen.chosen)
    context |= desk_when.context(found, screen)
    part = flow.wants_part(request, "times")
    page = "booking/_times.html" if part else "booking/desk_what.html"
    return render(request, page, context, status=found.status)


def _keep(request: HttpRequest) -> str:
    """What the address carries on to the next page."""
    return "?walk_in=1" if "walk_in" in request.GET else ""


def _what_url(request: HttpRequest, client_id: UUID) -> str:
    return reverse("booking:desk-what", args=[client_id]) + _keep(request)
