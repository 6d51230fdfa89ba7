"""The desk books for one client or two, by phone or walk-in: who, then what and when."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import selectors
from booking.desk import other_time
from booking.desk.usual import usual
from booking.errors import SamePerson
from booking.models import Appointment
from booking.visits import parties, requests, services
from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.people import adding, reaching, record
from clinic.people.forms import ClientSearchForm
from clinic.people.person_forms import SomebodyForm
from clinic.people.search import search_clients
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client, ServiceOption

WHO = "booking/desk/book_who.html"
CARRIED = ("walk_in", "option", "day", "at", "therapist")


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest, client_id: UUID | None = None) -> HttpResponse:
    """Find the client, or add a new one; or the second of two, who comes along with the first."""
    first = _seen(request, client_id) if client_id else None
    searching = "find" in request.POST
    posted = request.POST if request.method == "POST" and not searching else None
    form = SomebodyForm(posted, initial=record.typed(_words(request)))
    save, page = partial(_add, request, first, form), partial(_who, request, first, form)
    if "preview" in request.POST:
        return render(request, WHO, {"form": form, **page()})
    return form_page(request, form, WHO, save, context=page)


def _who(request: HttpRequest, first: Client | None, form: SomebodyForm) -> dict[str, Any]:
    """What the page shows: who was found, and who may be the one that was typed."""
    words = _words(request)
    found = [one for one in search_clients(words) if one != first] if words else []
    rows = [(one, _what_url(request, first, one)) for one in found]
    alike = [(one, _what_url(request, first, one.client)) for one in record.similar_to(form)]
    typed = record.typed(words)
    page = {"client": first, "words": words, "typed": typed, "rows": rows, "similar": alike}
    return {**page, "keep": _keep(request)}


def _words(request: HttpRequest) -> str:
    """What was searched for. Names go in the body, never in a URL."""
    find = ClientSearchForm(request.POST)
    return find.cleaned_data["q"] if "find" in request.POST and find.is_valid() else ""


def _add(
    request: HttpRequest, first: Client | None, form: SomebodyForm, _data: dict[str, Any]
) -> str:
    actor = access.user_of(request)
    client = adding.add(actor=actor, seen=record.looked_at(request), **form.columns)
    if client == first:
        raise SamePerson
    return _what_url(request, first, client)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def what(request: HttpRequest, client_id: UUID, partner_id: UUID | None = None) -> HttpResponse:
    """The session and the time, on one page."""
    if client_id == partner_id:
        raise Http404
    clients = [_seen(request, pk) for pk in (client_id, partner_id) if pk]
    seats = len(clients)
    options = _options(seats)
    walk_in = "walk_in" in request.GET and seats == 1
    context = {"client": clients[0], "clients": clients, "options": options, "walk_in": walk_in}
    wanted = requests.uuid_or_none(request.GET.get("option"))
    if option := next((item for item in options if item.pk == wanted), None):
        return _when(request, clients, option, context)
    if seats == 1 and (likely := usual(options, clients[0])):
        return redirect(_with_option(request, likely))
    return render(request, "booking/desk/book_what.html", context)


def _options(seats: int) -> list[ServiceOption]:
    known = selectors.bookable_options().order_by("service__position", "minutes")
    return [option for option in known if seats == 1 or parties.suits(option)]


def _with_option(request: HttpRequest, option: ServiceOption) -> str:
    return f"{request.path}?{urlencode({**request.GET.dict(), 'option': option.pk})}"


def _when(
    request: HttpRequest, clients: list[Client], option: ServiceOption, context: dict[str, Any]
) -> HttpResponse:
    walk_in, seats = context["walk_in"], len(clients)
    book = partial(
        services.book_for_desk,
        actor=access.user_of(request),
        clients=clients,
        option=option,
        source=Appointment.Source.WALK_IN if walk_in else Appointment.Source.DESK,
    )
    needed = other_time.NeededTime(option, seats=seats, clients=clients)
    found = other_time.attempt(request, needed, book)
    if found.made:
        flash.success(request, booked_words(clients, walk_in=walk_in))
        return redirect(found.next_url)
    screen = requests.time_screen(request, option, by_desk=True, seats=seats)
    context |= {"option": option, **other_time.context(found, screen, needed)}
    return requests.times_page(request, "booking/desk/book_what.html", context, found.status)


def booked_words(clients: list[Client], *, walk_in: bool) -> str:
    """What was booked, and how each of them hears of it."""
    written = [client for client in clients if not client.is_called]
    done = _("Both are booked.") if len(clients) > 1 else _("Booked.")
    if len(written) > 1:
        mail = _("The confirmations are on their way.")
    elif written and len(clients) > 1:
        mail = _("%(name)s gets the confirmation by e-mail.") % {"name": written[0].first_name}
    else:
        mail = _("The confirmation is on its way by e-mail.") if written else ""
    return " ".join(filter(None, [done, mail, "" if walk_in else reaching.to_call(clients)]))


def _seen(request: HttpRequest, pk: UUID) -> Client:
    client = access.client(access.user_of(request), pk)
    audit.viewed(request, client, action="booking.viewed", again=view_log.PAGE)
    return client


def _keep(request: HttpRequest) -> str:
    """What the URL carries to the next page: a walk-in, or the place on the board it began at."""
    kept = {name: request.GET[name] for name in CARRIED if name in request.GET}
    return f"?{urlencode(kept)}" if kept else ""


def _what_url(request: HttpRequest, first: Client | None, client: Client) -> str:
    if first is not None:
        return reverse("booking:desk-two", args=[first.pk, client.pk])
    return reverse("booking:desk-what", args=[client.pk]) + _keep(request)
