"""The waitlist as the desk sees it: who waits, for what, and what is offered at the moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import selectors
from booking.availability import moment
from booking.waitlist import line
from booking.waitlist import services as waitlist
from booking.waitlist import views as waitlist_pages
from booking.waitlist.forms import OfferForm
from clinic import access, audit, looks
from clinic import selectors as ground
from clinic.errors import DomainError
from clinic.forms import ClientSearchForm
from clinic.models import Role
from clinic.templatetags.clinic_format import clock, longday, when

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import WaitlistEntry

PAGE = 50
MOST_TIMES = 200


@access.desk
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    page = Paginator(line.waiting(), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": waitlist_pages.rows(list(page.object_list)),
        "now": timezone.now(),
    }
    return render(request, "booking/waitlist/desk.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """For whom. Names travel in the body, never in an address."""
    form = ClientSearchForm(request.POST)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"words": words, "clients": ground.search_clients(words) if words else []}
    return render(request, "booking/waitlist/desk_find.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="waitlist.viewed", again=looks.PAGE)
    form, free, is_on_list = waitlist_pages.join(request, client)
    if is_on_list:
        flash.success(request, _("%(name)s is on the waitlist.") % {"name": client.name})
        return redirect("booking:desk-waitlist")
    context = {"client": client, "form": form, "by_desk": True, **free}
    status = 422 if form.is_bound else 200
    return render(request, "booking/waitlist/desk_add.html", context, status=status)


@access.desk
@require_POST
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = access.own(request, line.entries(), entry_id)
    try:
        waitlist.leave(actor=request.user, entry=entry)
        text = _("%(name)s is off the waitlist.") % {"name": entry.client.name}
        flash.success(request, text)
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("booking:desk-waitlist")


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """By hand, past the others in line: with a reason."""
    entry = access.own(request, line.entries(), entry_id)
    audit.viewed(request, entry.client, action="waitlist.viewed", again=looks.PAGE)
    groups = _free(entry)
    form = OfferForm(request.POST or None, groups=groups)
    if form.is_valid():
        start, therapist_id = form.cleaned_data["time"]
        try:
            made = waitlist.offer_by_hand(
                actor=access.user_of(request),
                entry=entry,
                start=start,
                therapist=selectors.therapists().filter(pk=therapist_id).first(),
                reason=form.cleaned_data["reason"],
            )
            until = {"until": clock(made.expires_at)}
            flash.success(request, _("Offered by e-mail; kept until %(until)s.") % until)
            return redirect("booking:desk-waitlist")
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
    context = {"entry": entry, "form": form, "has_times": bool(groups)}
    status = 422 if form.is_bound else 200
    return render(request, "booking/waitlist/desk_offer.html", context, status=status)


@access.staff
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """What a client waits for, on the client's record."""
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="waitlist.viewed", part=part)
    context = {
        "client": client,
        "rows": waitlist_pages.rows(list(line.of_client(client))),
        "may_book": access.user_of(request).role in {Role.FRONT_DESK, Role.MANAGER},
    }
    page = "booking/waitlist/_panel.html" if part else "booking/waitlist/client.html"
    return render(request, page, context)


def _free(entry: WaitlistEntry) -> list[tuple[str, list[tuple[str, str]]]]:
    """Free times of the days they wait for, by day; any therapist, any time of day."""
    now = timezone.now()
    zone = entry.location.zone
    found = selectors.free_times(
        option=entry.option, start=entry.first_day, end=entry.last_day, now=now, by_desk=True
    )
    names = {person.pk: person.title for person in selectors.therapists()}
    soonest = now + timedelta(minutes=found.policy.offer_minutes)
    groups: dict[str, list[tuple[str, str]]] = {}
    for opening in found.openings[:MOST_TIMES]:
        start = moment(opening.start).astimezone(zone)
        if start < soonest:
            continue
        groups.setdefault(longday(start), []).extend(
            (f"{start.isoformat()}|{pk}", f"{when(start)} · {names.get(pk, '')}")
            for pk in opening.therapist_ids
        )
    return list(groups.items())
