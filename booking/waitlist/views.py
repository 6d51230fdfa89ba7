"""The waitlist for clients, and the page that an offer's link opens."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from allauth.account.views import request_login_code
from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from booking import selectors, throttle
from booking.models import WaitlistEntry, WaitlistOffer
from booking.times import search
from booking.times.picker import TimeChoice
from booking.visits import coverage, fees, requests
from booking.visits.forms import VisitorForm
from booking.waitlist import matching, queue
from booking.waitlist import services as waitlist
from booking.waitlist.errors import FreeAlready, OfferOver
from booking.waitlist.forms import WaitForm
from clinic import access
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.models import User
from clinic.people import services as people
from clinic.web.form_page import UNPROCESSABLE, act, form_page, show

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.times.availability import Opening
    from clinic.models import Client

TOO_MANY = 429
LOOKS = 60  # tries at offers per IP address in ten minutes
SHOWN = 6  # free times, when there is no need to wait
FORTNIGHT = timedelta(days=13)


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """What this client is waiting for, and the form to wait for more."""
    if not access.clients_for(request.user).exists():
        return redirect(f"{reverse('booking:waitlist-who')}?{request.GET.urlencode()}")
    client = access.acting_client(request)
    form, free, is_added = join(request, client)
    if is_added:
        mail = _("You are on the waitlist. We will e-mail you when a time opens up.")
        call = _("You are on the waitlist. We will call you when a time opens up.")
        flash.success(request, call if client.is_called else mail)
        return redirect("booking:waitlist")
    context = _overview(request, client, form) | free
    status = UNPROCESSABLE if form.is_bound else 200
    return render(request, "booking/waitlist/list.html", context, status=status)


def _overview(request: HttpRequest, client: Client, form: WaitForm) -> dict[str, Any]:
    found = list(queue.of_client(client))
    return {
        "client": client,
        "clients": list(access.clients_for(request.user)),
        "rows": rows(found),
        "closed": list(queue.closed(client)[:5]),
        "form": form,
        "is_open": form.is_bound or bool(request.GET) or not found,
        "now": timezone.now(),
    }


def join(request: HttpRequest, client: Client) -> tuple[WaitForm, dict[str, Any], bool]:
    """The form, what is free instead, and whether they are now on the list."""
    form = WaitForm(request.POST or None, initial=asked(request))
    if not form.is_valid():
        return form, {}, False
    try:
        none_suits = "none_suits" in request.POST
        waitlist.join(actor=request.user, client=client, none_suits=none_suits, **form.cleaned_data)
    except FreeAlready as refusal:
        free = {
            "free": [_choice(opening) for opening in refusal.openings[:SHOWN]],
            "count": len(refusal.openings),
            "may_decline": len(refusal.openings) <= waitlist.MOST_DECLINED,
            "option": form.cleaned_data["option"],
            "therapist": form.cleaned_data["therapist"],
        }
        return form, free, False
    except DomainError as refusal:
        show(form, refusal)
        return form, {}, False
    return form, {}, True


def _choice(opening: Opening) -> TimeChoice:
    return TimeChoice(search.local(opening, queue.location().zone))


def asked(request: HttpRequest) -> dict[str, Any]:
    """What the URL has preselected: the page with the times sends it along."""
    today = timezone.localdate()
    begin: date = max(day_or_none(request.GET.get("from")) or today, today)
    until = day_or_none(request.GET.get("until"))
    return {
        "option": requests.uuid_or_none(request.GET.get("option")),
        "therapist": requests.uuid_or_none(request.GET.get("therapist")),
        "first_day": begin,
        "last_day": until if until and until >= begin else begin + FORTNIGHT,
        "part_of_day": request.GET.get("part", ""),
    }


def rows(found: list[Any]) -> list[dict[str, Any]]:
    """Entries with how many are ahead of each, their open offer, and whether they are covered."""
    if not found:
        return []
    now, ahead = timezone.now(), queue.ahead(found)
    return [
        {
            "entry": entry,
            "ahead": ahead.get(entry.pk, 0),
            "offer": next((o for o in entry.open_offers if o.expires_at > now), None),
            "is_out_of_cover": matching.is_out_of_cover(place),
        }
        for entry, place in zip(found, queue.places(found, now), strict=True)
    ]


@require_POST
def leave(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = access.own(request, queue.entries(), entry_id)
    leaving = partial(waitlist.leave, actor=request.user, entry=entry)
    act(request, leaving, _("You are off the waitlist for this session."))
    return redirect("booking:waitlist")


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest) -> HttpResponse:
    """Waiting needs a login: sign in, or say who you are and type the code we send."""
    target = f"{reverse('booking:waitlist')}?{request.GET.urlencode()}"
    if access.clients_for(request.user).exists():
        return redirect(target)
    if access.works_here(request.user):
        return redirect("booking:desk-waitlist")
    ask_email, day = not request.user.is_authenticated, asked(request)["first_day"]
    form = VisitorForm(
        request.POST or None, clients=[], ask_email=ask_email, ask_booker=False, on=day
    )
    save = partial(_register, request, target)
    return form_page(request, form, "booking/waitlist/who.html", save, context={"target": target})


def _register(request: HttpRequest, target: str, data: dict[str, Any]) -> HttpResponse | str:
    """Make their record; someone with a login goes on, everyone else gets a code by e-mail."""
    if throttle.too_many(request, "book", throttle.BOOKINGS):
        return render(request, "429.html", status=TOO_MANY)
    user = request.user if isinstance(request.user, User) else None
    data["email"] = data.get("email") or (user.email if user else "")
    client = people.register_client(actor=user, **data)
    if user is not None:
        request.session[access.ACTING] = str(client.pk)
        return target
    answer: HttpResponse = request_login_code(request)  # reads e-mail and next page
    return answer


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: UUID) -> HttpResponse:
    """Yes or no to a held time. The link is enough to open it, so the page shows no name."""
    if throttle.too_many(request, "offer", LOOKS):
        return render(request, "429.html", status=TOO_MANY)
    found = get_object_or_404(queue.offers(), token=token)
    error = _answer(request, found) if request.method == "POST" else ""
    if request.method == "POST" and not error:
        return redirect("booking:offer", token)
    context = _offer_page(request, found) | {"error": error}
    status = UNPROCESSABLE if error else 200
    return render(request, "booking/waitlist/offer.html", context, status=status)


def _offer_page(request: HttpRequest, found: WaitlistOffer) -> dict[str, Any]:
    policy, ran_out = selectors.policy_of(found.entry.location), found.expires_at <= timezone.now()
    is_open = found.status == WaitlistOffer.Status.OPEN
    client, option = found.entry.client, found.entry.option
    is_mine = access.may_act_for(request.user, client)
    on = found.starts_at.astimezone(found.entry.location.zone).date()
    return {
        "deadlines": selectors.deadlines(found.starts_at, policy, timezone.now()),
        "late_fee": fees.for_booking(option, policy),
        "offer": found,
        "state": WaitlistOffer.Status.EXPIRED if is_open and ran_out else found.status,
        "ran_out": ran_out,
        "waits": found.entry.status == WaitlistEntry.Status.WAITING,
        "is_mine": is_mine,
        "warnings": coverage.warnings([client], option, on) if is_open and is_mine else [],
    }


def _answer(request: HttpRequest, found: WaitlistOffer) -> str:
    """Take or decline it; returns why that is not possible."""
    answers = {"yes": waitlist.accept, "no": waitlist.decline}
    answer = answers.get(request.POST.get("answer", ""))
    if answer is None:
        return _("Answer yes or no to this time.")
    try:
        answer(actor=request.user, offer=found)
    except OfferOver:  # the page says what happened to it
        return ""
    except DomainError as refusal:
        return str(refusal)
    return ""
