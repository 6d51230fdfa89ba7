"""The desk books two people at the same time, and moves or cancels both."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import flow, screens, selectors
from booking.couples import both, pairs
from booking.couples import services as couples
from booking.desk_forms import DeskCancelForm
from booking.errors import FeeNotAgreed, SlotTaken
from booking.forms import DetailsForm, WhenForm
from booking.links import on_board
from clinic import access, audit, looks, people
from clinic import selectors as ground
from clinic.errors import DomainError
from clinic.forms import ClientSearchForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def partner(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Who comes along: found, or written down."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="booking.viewed", again=looks.PAGE)
    find = ClientSearchForm(request.POST)  # names travel in the body, never in an address
    searching = "find" in request.POST
    posted = request.POST if request.method == "POST" and not searching else None
    form = DetailsForm(posted, clients=[], ask_email=True)
    del form.fields["relationship"]
    if form.is_valid():
        other = people.register_client(actor=access.user_of(request), **form.cleaned_data)
        if other.pk != client.pk:
            return redirect("booking:desk-two", client.pk, other.pk)
        form.add_error(None, _("That is the same person. Somebody else comes along."))
    words = find.cleaned_data["q"] if searching and find.is_valid() else ""
    found = ground.search_clients(words) if words else []
    context = {
        "client": client,
        "form": form,
        "words": words,
        "found": [other for other in found if other.pk != client.pk],
    }
    status = 422 if form.is_bound else 200
    return render(request, "booking/couples/desk_partner.html", context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest, client_id: UUID, partner_id: UUID) -> HttpResponse:
    """The session and the time for both, on one page."""
    user = access.user_of(request)
    clients = access.client(user, client_id), access.client(user, partner_id)
    if clients[0] == clients[1]:
        raise Http404
    for client in clients:
        audit.viewed(request, client, action="booking.viewed", again=looks.PAGE)
    known = selectors.bookable_options().order_by("service__position", "minutes")
    options = [option for option in known if pairs.suits(option)]
    wanted = flow.uuid_or_none(request.GET.get("option"))
    option = next((item for item in options if item.pk == wanted), None)
    status, error, lost = 200, "", []
    if option is not None and request.method == "POST":
        form, status = WhenForm(request.POST), 422
        if not form.is_valid():
            error = str(next(iter(form.errors.values()))[0])
        else:
            start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
            try:
                pair = couples.book_for_desk(
                    actor=user, clients=clients, option=option, start=start, therapist=therapist
                )
                flash.success(request, _("Both are booked. The confirmations are on their way."))
                return redirect(on_board(pair[0]))
            except DomainError as refusal:
                error = str(refusal.message)
                if isinstance(refusal, SlotTaken):
                    lost = screens.alternatives(option, start, therapist, two=True)
    screen = flow.time_screen(request, option, by_desk=True, two=True) if option else None
    if screen:
        screen.lost = lost
    context = {
        "clients": clients,
        "options": options,
        "option": option,
        "screen": screen,
        "error": error,
    }
    part = flow.wants_part(request, "times") and screen
    page = "booking/_times.html" if part else "booking/couples/desk.html"
    return render(request, page, context, status=status)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    return both.move(request, appointment, layout=both.DESK, back=on_board(appointment))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    pair = pairs.of(appointment)
    if pair is None:
        return both.apart(request, on_board(appointment))
    for one in pair:
        audit.viewed(request, one, again=looks.PAGE)
    fee = couples.fee_for_cancelling(pair)
    form = DeskCancelForm(request.POST if request.method == "POST" else None, fee_cents=fee)
    if form.is_valid():
        try:
            couples.cancel(
                actor=access.user_of(request), appointment=appointment, **form.cleaned_data
            )
            flash.success(request, _("Both are cancelled. The clients are told by e-mail."))
            return redirect(on_board(appointment))
        except FeeNotAgreed as refusal:
            fee, form = refusal.cents, form.asking(refusal)
        except DomainError as refusal:
            flash.error(request, str(refusal.message))
            return redirect(on_board(appointment))
    context = {
        "layout": both.DESK,
        "back": on_board(appointment),
        "pair": pair,
        "form": form,
        "fee_cents": fee,
        "title": _("Cancel both visits?"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "booking/couples/cancel.html", context, status=status)


def _one(request: HttpRequest, pk: UUID) -> Appointment:
    return access.own(request, selectors.appointments(), pk)
