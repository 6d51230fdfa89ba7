"""The waitlist at the desk: who is waiting, for what, and what is currently offered."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import selectors
from booking.waitlist import free, queue
from booking.waitlist import services as waitlist
from booking.waitlist import views as waitlist_pages
from booking.waitlist.forms import OfferForm
from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.format import clock
from clinic.people import reaching
from clinic.people.forms import ClientSearchForm
from clinic.people.search import search_clients
from clinic.web.form_page import UNPROCESSABLE, act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import WaitlistEntry

PAGE = 50


@access.desk
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    page = Paginator(queue.waiting(), PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": waitlist_pages.rows(list(page.object_list)),
        "now": timezone.now(),
    }
    return render(request, "booking/waitlist/desk.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """For whom. Names go in the body, never in a URL."""
    form = ClientSearchForm(request.POST)
    words = form.cleaned_data["q"] if form.is_valid() else ""
    context = {"words": words, "clients": search_clients(words) if words else []}
    return render(request, "booking/waitlist/desk_find.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def add(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="waitlist.viewed", again=view_log.PAGE)
    form, there, is_added = waitlist_pages.join(request, client)
    if is_added:
        flash.success(request, _("%(name)s is on the waitlist.") % {"name": client.name})
        return redirect("booking:desk-waitlist")
    context = {"client": client, "form": form, "by_desk": True, **there}
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "booking/waitlist/desk_add.html", context, status=status)


@access.desk
@require_POST
def remove(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = access.visible(request, queue.entries(), entry_id)
    leaving = partial(waitlist.leave, actor=request.user, entry=entry)
    act(request, leaving, _("%(name)s is off the waitlist.") % {"name": entry.client.name})
    return redirect("booking:desk-waitlist")


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """A manual offer, ahead of the others in the queue, with a reason."""
    entry = access.visible(request, queue.entries(), entry_id)
    audit.viewed(request, entry.client, action="waitlist.viewed", again=view_log.PAGE)
    others = "others" in request.GET
    found = free.times(entry, others=others)
    groups, is_short = free.grouped(found), any(day.told and day.told.short for day in found)
    form = OfferForm(request.POST or None, groups=groups, others=others, is_short=is_short)
    context = {"entry": entry, "days": found, "others": others}
    save = partial(_offer, request, entry)
    return form_page(request, form, "booking/waitlist/desk_offer.html", save, context=context)


def _offer(request: HttpRequest, entry: WaitlistEntry, data: dict[str, Any]) -> str:
    start, therapist_id = data["time"]
    made = waitlist.offer_by_hand(
        actor=access.user_of(request),
        entry=entry,
        start=start,
        therapist=selectors.therapists().filter(pk=therapist_id).first(),
        reason=data["reason"],
        agreed=data.get("agreed", False),
        past=data.get("past", False),
    )
    until = {"until": clock(made.expires_at)}
    mail, held = _("Offered by e-mail; held until %(until)s."), _("Held until %(until)s.")
    call = reaching.to_call([entry.client])
    flash.success(request, f"{held % until} {call}" if call else mail % until)
    return "booking:desk-waitlist"


@access.care_team
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """What a client waits for, on the client's record."""
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="waitlist.viewed", part=part)
    context = {
        "client": client,
        "rows": waitlist_pages.rows(list(queue.of_client(client))),
        "may_book": access.works_at_desk(request.user),
    }
    page = "booking/waitlist/_panel.html" if part else "booking/waitlist/client.html"
    return render(request, page, context)
