"""What staff see of the diary: the day board and one appointment beside it."""

from __future__ import annotations

from datetime import timedelta
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import selectors
from booking.desk import again, day_board, other_time
from booking.desk.forms import DeskCancelForm
from booking.errors import FeeNotAgreed
from booking.links import on_board
from booking.visits import late_fees, parties, readiness, requests, services
from booking.visits.forms import MarkForm
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.dates import day_or_none
from clinic.people import owed, reaching
from clinic.web import live as live_part
from clinic.web import location as current_location
from clinic.web.form_page import act, version_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from booking.visits.parties import Party
    from clinic.models import Client, Location

    View = Callable[..., HttpResponse]

DAY = timedelta(days=1)


@access.care_team
@require_safe
def day(request: HttpRequest) -> HttpResponse:
    opened, places, here = _opened(request), day_board.places(), _location(request)
    there = day_board.elsewhere(request.GET, opened, places, here)
    if requests.wants_part(request, "live"):  # another tab may have chosen another place since
        return live_part.answer(request, _live(request, there or here)["live"])
    if there is not None:
        current_location.choose(request, there)
        return redirect(day_board.without_location(request))
    if opened:
        audit.viewed(request, opened)
    panel = _panel(request, opened) if opened else {}
    context = {"places": places, "here": here, **_live(request, here, opened), **panel}
    return render(request, "booking/desk/day.html", context)


def _live(
    request: HttpRequest, here: Location, opened: Appointment | None = None
) -> dict[str, Any]:
    """The board, and what is beside it: sent again when it has changed."""
    shown = {**_shown(request, here), "may_book": _may_book(request), "appointment": opened}
    return {**shown, "live": live_part.render(request, "booking/desk/_live.html", shown)}


@access.care_team
@require_safe
def appointment_detail(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Beside the board with htmx, otherwise its own page."""
    appointment = _one(request, appointment_id)
    audit.viewed(request, appointment)
    part = requests.wants_part(request, "panel")
    page = "booking/desk/_panel.html" if part else "booking/desk/appointment.html"
    return render(request, page, _panel(request, appointment))


@access.care_team
@require_http_methods(["GET", "HEAD", "POST"])
def appointment_mark(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Mark a no-show, or undo that. Check-in and what follows belong to the treatment app."""
    appointment = _one(request, appointment_id)
    form = MarkForm(request.POST)
    if request.method == "POST" and form.is_valid():
        actor, status = access.user_of(request), form.cleaned_data["status"]

        def mark() -> None:
            services.mark(actor=actor, appointment=appointment, status=status)

        act(request, mark)
    return redirect(on_board(appointment))


@access.desk
@require_safe
def appointment_again(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The same session with the same therapist: times from the day when the next one is due."""
    appointment = _one(request, appointment_id)
    return redirect(again.address(appointment))


@access.desk
@require_POST
def appointment_self_pay(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _one(request, appointment_id)
    actor = access.user_of(request)

    def switch() -> str:
        services.switch_to_self_pay(actor=actor, appointment=appointment)
        return _("This is now a self-pay session.")

    act(request, switch)
    return redirect(on_board(appointment))


def _changes(view: Callable[[HttpRequest, Party, str], HttpResponse]) -> View:
    """A page that changes a visit, or both of a couple; what is refused is said on the board."""

    @access.desk
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, appointment_id: UUID, *, seats: int = 1) -> HttpResponse:
        appointment = _one(request, appointment_id)
        back = on_board(appointment)

        def show(party: Party) -> HttpResponse:
            for one in party:
                audit.viewed(request, one, again=view_log.PAGE)
            with clinic_selectors.with_location(appointment.location):
                return view(request, party, back)

        return requests.party_page(request, appointment, seats, back, show)

    return page


@_changes
def appointment_cancel(request: HttpRequest, party: Party, back: str) -> HttpResponse:
    fee = sum(late_fees.for_cancelling(one) for one in party)
    form = DeskCancelForm(request.POST if request.method == "POST" else None, fee_cents=fee)
    if form.is_valid():
        try:
            services.cancel(actor=access.user_of(request), party=party, **form.cleaned_data)
            return _done(request, party, back, _("Canceled."))
        except FeeNotAgreed as refusal:
            fee, form = refusal.cents, form.asking(refusal)
    context = {"party": party, "appointment": party[0], "form": form, "fee_cents": fee}
    status = requests.REFUSED if form.is_bound else requests.OK
    page = "booking/desk/appointment_cancel.html"
    return render(request, page, {**context, "back": back}, status=status)


def _done(request: HttpRequest, party: Party, back: str, what: str) -> HttpResponse:
    clients = [one.client for one in parties.by_client(party) if one.client is not None]
    flash.success(request, f"{what} {how_told(clients)}".strip())
    return redirect(back)


def how_told(clients: list[Client]) -> str:
    """How each of them hears of it."""
    written = [client for client in clients if not client.is_called]
    if len(written) > 1:
        mail = _("The clients will get an e-mail.")
    elif written and len(clients) > 1:
        mail = _("%(name)s will get an e-mail.") % {"name": written[0].first_name}
    else:
        mail = _("The client will get an e-mail.") if written else ""
    return f"{mail} {reaching.to_call(clients)}".strip()


@_changes
def appointment_move(request: HttpRequest, party: Party, back: str) -> HttpResponse:
    option, seats = party[0].option, len(party)
    move = partial(services.reschedule, actor=access.user_of(request), party=party)
    needed = other_time.NeededTime(option, party, seats)
    found = other_time.attempt(request, needed, move)
    if found.made:
        return _done(request, found.made, found.next_url, _("Moved."))
    screen = requests.time_screen(request, option, moving=party, by_desk=True, seats=seats)
    context = {"party": party, "appointment": party[0], "back": back}
    context |= other_time.context(found, screen, needed)
    return requests.times_page(request, "booking/desk/appointment_move.html", context, found.status)


def _one(request: HttpRequest, pk: UUID) -> Appointment:
    return access.visible(request, selectors.appointments(), pk)


def _shown(request: HttpRequest, here: Location) -> dict[str, Any]:
    """The day that the URL names, on the board."""
    user, today = access.user_of(request), timezone.localdate()
    shown = day_or_none(request.GET.get("day")) or today
    return {
        **day_board.day_board(here, shown, user, request.GET.get("show", "")),
        "day": shown,
        "today": today,
        "previous": shown - DAY,
        "next": shown + DAY,
        "is_ahead": shown >= today,
        "is_today": shown == today,
        "shows_money": access.handles_money(user),
    }


def _opened(request: HttpRequest) -> Appointment | None:
    """The visit that is open beside the board."""
    wanted = requests.uuid_or_none(request.GET.get("open"))
    visible = access.seen(access.user_of(request), selectors.appointments())
    return visible.filter(pk=wanted).first() if wanted else None


def _panel(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    now, client_id = timezone.now(), appointment.client_id
    pays = access.handles_money(request.user) and client_id is not None
    return {
        "appointment": appointment,
        "readiness": readiness.of(appointment),
        "may_book": _may_book(request),
        "may_ask_aloud": _may_ask_aloud(request, appointment),
        "may_note": _may_book(request),
        "client_version": version_of(appointment.client) if appointment.client else "",
        "day_url": on_board(appointment),
        "now": now,
        "owed": owed.of(client_id) if pays and client_id else owed.NOTHING,
    }


def _location(request: HttpRequest) -> Location:
    """The clinic, as the middleware loaded it for this request."""
    known: Location | None = getattr(request, "clinic", None)
    return known or clinic_selectors.location()


def _may_ask_aloud(request: HttpRequest, appointment: Appointment) -> bool:
    """Only the therapist who treats it, on its day (intake/aloud)."""
    theirs = access.is_therapist(request.user) and appointment.therapist.user_id == request.user.pk
    return theirs and appointment.local_date == clinic_selectors.clinic_today()


def _may_book(request: HttpRequest) -> bool:
    return access.works_at_desk(request.user)
