"""A client at the counter: pick who it is, pick a time. Two clicks, one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import selectors
from booking.desk import other_time
from booking.desk.book import booked_words
from booking.desk.usual import usual
from booking.links import on_board
from booking.models import Appointment
from booking.times import search
from booking.times.availability import moment
from booking.visits import requests, services
from booking.visits.forms import SOMEBODY_NEW, StartField
from booking.visits.past_order import PastOrder
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.errors import DomainError
from clinic.models import Client
from clinic.people import adding, record
from clinic.people.forms import ClientSearchForm
from clinic.people.person_forms import SomebodyForm
from clinic.people.search import search_clients
from clinic.web.form_page import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location, ServiceOption, Therapist
    from clinic.people.similar import Similar

OTHER = "other"  # another time than those that are shown
SOON = 4  # times of each therapist
FIVE = 5 * 60  # seconds
OK, REFUSED = 200, 422


@dataclass(slots=True)
class Soon:
    therapist: Therapist
    times: list[datetime] = field(default_factory=list)


@dataclass(slots=True)
class Counter:
    """What the page shows."""

    options: Sequence[ServiceOption]
    option: ServiceOption | None
    form: SomebodyForm
    words: str = ""
    picked: str = ""  # a client's id, or SOMEBODY_NEW
    known: list[Similar] = field(default_factory=list)  # whose record it may be: use it, or not
    wanted: str = ""  # the time that was pressed before that was asked
    error: str = ""
    typed: dict[str, str] = field(default_factory=dict)  # of a new client, as it was searched for
    clients: list[Client] = field(default_factory=list)
    soon: list[Soon] = field(default_factory=list)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request: HttpRequest) -> HttpResponse:
    page = _read(request)
    if requests.wants_part(request, "found"):
        return render(request, "booking/desk/_walk_in_found.html", {"page": page})
    status = OK
    if _pressed(request) is not None:
        if (answer := _act(request, page)) is not None:
            return answer
        status = REFUSED
    page.soon = _soonest(page.option, clinic_selectors.location()) if page.option else []
    return render(request, "booking/desk/walk_in.html", {"page": page}, status=status)


def _read(request: HttpRequest) -> Counter:
    """What has been typed so far. Names go in the body, never in a URL."""
    options = list(selectors.bookable_options().order_by("service__position", "minutes"))
    by_id = {str(option.pk): option for option in options}
    asked = request.POST.get("show") or request.POST.get("option") or ""
    find = ClientSearchForm(request.POST)
    words = find.cleaned_data["q"] if find.is_valid() else ""
    clients = search_clients(words) if words else []
    typed = record.typed(words, apart=True)
    picked = _picked(request)
    if typed and not clients and _pressed(request) is None:
        picked = picked or SOMEBODY_NEW
    page = Counter(
        options,
        by_id.get(asked) or usual(options),
        _new_form(request, picked, typed),
        words=words,
        picked=picked,
        typed=typed,
        clients=clients,
    )
    known = requests.uuid_or_none(picked)
    found = {client.pk for client in page.clients}
    if known and known not in found:  # the search has changed since it was picked
        kept = Client.objects.filter(pk=known).first()
        page.clients = [kept, *page.clients] if kept else page.clients
    return page


def _pressed(request: HttpRequest) -> str | None:
    """The time that was pressed: on this page, or before it asked whether they are known."""
    if "use" in request.POST or "anew" in request.POST:
        return request.POST.get("wanted", "")
    return OTHER if "other" in request.POST else request.POST.get("slot")


def _picked(request: HttpRequest) -> str:
    if "anew" in request.POST:
        return SOMEBODY_NEW
    return request.POST.get("use") or request.POST.get("client", "")


def _new_form(request: HttpRequest, picked: str, typed: dict[str, str]) -> SomebodyForm:
    """A new client is validated when a time is picked; until then the input is just kept."""
    if picked == SOMEBODY_NEW and _pressed(request) is not None:
        form = SomebodyForm(request.POST)
    else:
        kept = {name: value for name, value in request.POST.items() if value}
        form = SomebodyForm(initial=typed | kept)
    del form.fields["name"]  # here in two fields
    for one in form.fields.values():
        one.widget.attrs["form"] = "walk-in"
    return form


def _soonest(option: ServiceOption, location: Location) -> list[Soon]:
    """Everyone's next free times today, the earliest first."""
    today = timezone.localdate(timezone=location.zone)
    free = search.free_times(option=option, start=today, end=today, location=location, by_desk=True)
    found = {person.pk: Soon(person) for person in selectors.therapists()}
    for opening in free.openings:
        for pk in opening.therapist_ids:
            if len(found[pk].times) < SOON:
                found[pk].times.append(moment(opening.start).astimezone(location.zone))
    return sorted((soon for soon in found.values() if soon.times), key=lambda soon: soon.times[0])


def _act(request: HttpRequest, page: Counter) -> HttpResponse | None:
    """Book the chosen time; None: the page says why not."""
    if page.option is None:
        page.error = _("Choose the session first.")
        return None
    client = _client(request, page)
    if client is None:
        page.error = page.error or _("First say who it is: pick a client, or “New client”.")
        return None
    pressed = _pressed(request) or ""
    if pressed == OTHER:
        what = reverse("booking:desk-what", args=[client.pk])
        return redirect(f"{what}?{_right_now(page.option)}#other-time")
    therapist_id, _space, start = pressed.partition(" ")
    try:
        at = StartField().clean(start)
    except ValidationError as error:
        page.error = error.messages[0]
        return None
    try:
        (made,) = services.book_for_desk(
            actor=access.user_of(request),
            clients=[client],
            option=page.option,
            start=at,
            therapist=requests.therapist_of(therapist_id),
            source=Appointment.Source.WALK_IN,
        )
    except PastOrder:  # asked on the page that has the choices
        what = reverse("booking:desk-what", args=[client.pk])
        more = {"walk_in": "1", "therapist": therapist_id}
        return redirect(other_time.address_of(what, page.option, at, **more))
    except DomainError as refusal:
        page.error, page.picked = str(refusal.message), str(client.pk)
        return None
    flash.success(request, booked_words([client], walk_in=True))
    return redirect(on_board(made))


def _right_now(option: ServiceOption) -> str:
    """The query, rounded up to the next five minutes: a client at the counter means now."""
    at = ceil(timezone.now().timestamp() / FIVE) * FIVE
    local = datetime.fromtimestamp(at, clinic_selectors.location().zone)
    question = {
        "option": option.pk,
        "walk_in": 1,
        "day": local.date().isoformat(),
        "at": local.strftime("%H:%M"),
    }
    return urlencode(question)


def _client(request: HttpRequest, page: Counter) -> Client | None:
    if page.picked != SOMEBODY_NEW:
        pk = requests.uuid_or_none(page.picked)
        return next((client for client in page.clients if client.pk == pk), None)
    if not page.form.is_valid():
        page.error = _("Some details are missing for the new client.")
        return None
    try:
        seen = record.looked_at(request) if "anew" in request.POST else set()
        return adding.add(actor=access.user_of(request), seen=seen, **page.form.columns)
    except adding.PerhapsKnown as refusal:  # what was typed and pressed stays, until it is said
        page.known, page.wanted = refusal.found, _pressed(request) or ""
        page.error = _("There may already be a record. Is it theirs?")
    except DomainError as refusal:
        show(page.form, refusal)
    return None
