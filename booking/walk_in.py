"""Somebody stands at the counter: pick who it is, press a time. Two clicks, one page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages as flash
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from booking import flow, selectors, services
from booking.availability import moment
from booking.forms import SOMEBODY_NEW, DetailsForm, StartField
from booking.links import on_board
from booking.models import Appointment
from clinic import access, people
from clinic import selectors as ground
from clinic.errors import DomainError
from clinic.forms import ClientSearchForm
from clinic.models import Client

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location, ServiceOption, Therapist

SOON = 4  # times of each therapist
FIVE = 5 * 60  # seconds
LATELY = timedelta(days=60)
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
    form: Form
    words: str = ""
    picked: str = ""  # a client's id, or SOMEBODY_NEW
    error: str = ""
    clients: list[Client] = field(default_factory=list)
    soon: list[Soon] = field(default_factory=list)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def walk_in(request: HttpRequest) -> HttpResponse:
    page = _read(request)
    if flow.wants_part(request, "found"):
        return render(request, "booking/_walk_in_found.html", {"page": page})
    status = OK
    if "slot" in request.POST or "other" in request.POST:
        if (answer := _act(request, page)) is not None:
            return answer
        status = REFUSED
    page.soon = _soonest(page.option, ground.location()) if page.option else []
    return render(request, "booking/walk_in.html", {"page": page}, status=status)


def _read(request: HttpRequest) -> Counter:
    """What has been typed so far. Names travel in the body, never in an address."""
    options = list(selectors.bookable_options().order_by("service__position", "minutes"))
    by_id = {str(option.pk): option for option in options}
    asked = request.POST.get("show") or request.POST.get("option") or ""
    find = ClientSearchForm(request.POST)
    words = find.cleaned_data["q"] if find.is_valid() else ""
    picked = request.POST.get("client", "")
    page = Counter(
        options,
        by_id.get(asked) or _usual(options),
        _new_form(request, picked),
        words=words,
        picked=picked,
        clients=ground.search_clients(words) if words else [],
    )
    known = flow.uuid_or_none(picked)
    found = {client.pk for client in page.clients}
    if known and known not in found:  # the words have changed since it was picked
        kept = Client.objects.filter(pk=known).first()
        page.clients = [kept, *page.clients] if kept else page.clients
    return page


def _new_form(request: HttpRequest, picked: str) -> DetailsForm:
    """Somebody new is checked when a time is pressed; until then what was typed only stays."""
    pressed = "slot" in request.POST or "other" in request.POST
    if picked == SOMEBODY_NEW and pressed:
        form = DetailsForm(request.POST, clients=[], ask_email=True)
    else:
        form = DetailsForm(clients=[], ask_email=True, initial=request.POST.dict())
    del form.fields["relationship"]
    for one in form.fields.values():
        one.widget.attrs["form"] = "walk-in"
    return form


def _usual(options: Sequence[ServiceOption]) -> ServiceOption | None:
    """What was booked most of late."""
    since = timezone.now() - LATELY
    counted = (
        Appointment.objects.agreed()
        .filter(starts_at__gte=since, option__in=options)
        .order_by()
        .values_list("option")
        .annotate(number=Count("pk"))
    )
    number = dict(counted)
    return max(options, key=lambda option: number.get(option.pk, 0), default=None)


def _soonest(option: ServiceOption, location: Location) -> list[Soon]:
    """The next free times of everybody today, whoever is free first in front."""
    today = timezone.localdate(timezone=location.zone)
    free = selectors.free_times(
        option=option, start=today, end=today, location=location, by_desk=True
    )
    found = {person.pk: Soon(person) for person in selectors.therapists()}
    for opening in free.openings:
        for pk in opening.therapist_ids:
            if len(found[pk].times) < SOON:
                found[pk].times.append(moment(opening.start).astimezone(location.zone))
    return sorted((soon for soon in found.values() if soon.times), key=lambda soon: soon.times[0])


def _act(request: HttpRequest, page: Counter) -> HttpResponse | None:
    """Book the time that was pressed; None: the page says why not."""
    if page.option is None:
        page.error = _("Choose the session first.")
        return None
    client = _client(request, page)
    if client is None:
        page.error = page.error or _("Say who it is first: pick somebody, or “Somebody new”.")
        return None
    if "other" in request.POST:
        what = reverse("booking:desk-what", args=[client.pk])
        return redirect(f"{what}?{_right_now(page.option)}#other-time")
    therapist_id, _space, start = request.POST["slot"].partition(" ")
    try:
        at = StartField().clean(start)
    except ValidationError as error:
        page.error = error.messages[0]
        return None
    try:
        made = services.book_for_desk(
            actor=access.user_of(request),
            client=client,
            option=page.option,
            start=at,
            therapist=flow.therapist_of(therapist_id),
            source=Appointment.Source.WALK_IN,
        )
    except DomainError as refusal:
        page.error, page.picked = str(refusal.message), str(client.pk)
        return None
    flash.success(request, _("Booked. The confirmation is on its way by e-mail."))
    return redirect(on_board(made))


def _right_now(option: ServiceOption) -> str:
    """The question for the next full five minutes: who stands at the counter means now."""
    at = ceil(timezone.now().timestamp() / FIVE) * FIVE
    local = datetime.fromtimestamp(at, ground.location().zone)
    question = {
        "option": option.pk,
        "walk_in": 1,
        "day": local.date().isoformat(),
        "at": local.strftime("%H:%M"),
    }
    return urlencode(question)


def _client(request: HttpRequest, page: Counter) -> Client | None:
    if page.picked != SOMEBODY_NEW:
        pk = flow.uuid_or_none(page.picked)
        return next((client for client in page.clients if client.pk == pk), None)
    if not page.form.is_valid():
        page.error = _("Something is missing about the new client.")
        return None
    return people.register_client(actor=access.user_of(request), **page.form.cleaned_data)
