"""The waitlist as clients see it, and the page that an offer's link opens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.views import request_login_code
from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from booking import fees, flow, selectors, throttle
from booking.availability import moment
from booking.forms import VisitorForm
from booking.models import WaitlistOffer
from booking.screens import TimeChoice
from booking.waitlist import line, matching
from booking.waitlist import services as waitlist
from booking.waitlist.errors import FreeAlready, OfferOver
from booking.waitlist.forms import WaitForm
from clinic import access, people
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.models import User

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from clinic.models import Client

LOOKS = 60  # at offers, from one address in ten minutes
SHOWN = 6  # free times, when there is no need to wait
FORTNIGHT = timedelta(days=13)


@require_http_methods(["GET", "HEAD", "POST"])
def overview(request: HttpRequest) -> HttpResponse:
    """What this client waits for, and the form to wait for more."""
    if not access.clients_for(request.user).exists():
        return redirect(f"{reverse('booking:waitlist-who')}?{request.GET.urlencode()}")
    client = access.acting_client(request)
    form, free, entry_made = join(request, client)
    if entry_made:
        flash.success(
            request, _("You are on the waitlist. We write to you when a time comes free.")
        )
        return redirect("booking:waitlist")
    found = list(line.of_client(client))
    now = timezone.now()
    context = {
        "client": client,
        "clients": list(access.clients_for(request.user)),
        "rows": rows(found),
        "closed": list(line.closed(client)[:5]),
        "form": form,
        "is_open": form.is_bound or bool(request.GET) or not found,
        "now": now,
        **free,
    }
    return render(
        request, "booking/waitlist/list.html", context, status=422 if form.is_bound else 200
    )


def join(request: HttpRequest, client: Client) -> tuple[WaitForm, dict[str, Any], bool]:
    """The form as it stands, what is free instead, and whether they are on the list now."""
    form = WaitForm(request.POST or None, initial=asked(request))
    if not form.is_valid():
        return form, {}, False
    try:
        none_suits = "none_suits" in request.POST
        waitlist.join(actor=request.user, client=client, none_suits=none_suits, **form.cleaned_data)
    except FreeAlready as refusal:
        zone = line.here().zone
        choices = [
            TimeChoice(moment(opening.start).astimezone(zone))
            for opening in refusal.openings[:SHOWN]
        ]
        free = {
            "free": choices,
            "count": len(refusal.openings),
            "may_set_aside": len(refusal.openings) <= waitlist.MOST_SET_ASIDE,
            "option": form.cleaned_data["option"],
            "therapist": form.cleaned_data["therapist"],
        }
        return form, free, False
    except DomainError as refusal:
        form.add_error(None, str(refusal.message))
        return form, {}, False
    return form, {}, True


def asked(request: HttpRequest) -> dict[str, Any]:
    """What the address has chosen already: the page with the times sends it along."""
    today = timezone.localdate()
    begin: date = max(day_or_none(request.GET.get("from")) or today, today)
    until = day_or_none(request.GET.get("until"))
    return {
        "option": flow.uuid_or_none(request.GET.get("option")),
        "therapist": flow.uuid_or_none(request.GET.get("therapist")),
        "first_day": begin,
        "last_day": until if until and until >= begin else begin + FORTNIGHT,
        "part_of_day": request.GET.get("part", ""),
    }


def rows(found: list[Any]) -> list[dict[str, Any]]:
    """Entries with how many are before each, their open offer, and whether anything pays."""
    now = timezone.now()
    before = line.ahead(found) if found else {}
    wishes = {wish.entry_id: wish for wish in line.wishes(found, now)} if found else {}
    return [
        {
            "entry": entry,
            "ahead": before.get(entry.pk, 0),
            "offer": next((o for o in entry.open_offers if o.expires_at > now), None),
            "is_out_of_cover": matching.is_out_of_cover(wishes[entry.pk]),
        }
        for entry in found
    ]


@require_POST
def leave(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    entry = access.mine(request, line.entries(), entry_id)
    try:
        waitlist.leave(actor=request.user, entry=entry)
        flash.success(request, _("You are off the waitlist for this session."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("booking:waitlist")


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest) -> HttpResponseBase:
    """Who waits has a login: sign in, or say who you are and type the code we send."""
    target = f"{reverse('booking:waitlist')}?{request.GET.urlencode()}"
    user = request.user if isinstance(request.user, User) else None
    if user and access.clients_for(user).exists():
        return redirect(target)
    if user and user.is_clinic_staff:
        return redirect("booking:desk-waitlist")
    form = VisitorForm(
        request.POST or None,
        clients=[],
        ask_email=user is None,
        ask_booker=False,
        on=asked(request)["first_day"],
    )
    if form.is_valid():
        if throttle.too_many(request, "book", throttle.BOOKINGS):
            return render(request, "429.html", status=429)
        data = form.cleaned_data
        data["email"] = data.get("email") or (user.email if user else "")
        client = people.register_client(actor=user, **data)
        if user is not None:
            request.session[access.ACTING] = str(client.pk)
            return redirect(target)
        answer: HttpResponseBase = request_login_code(request)  # reads e-mail and next page
        return answer
    context = {"form": form, "target": target}
    status = 422 if form.is_bound else 200
    return render(request, "booking/waitlist/who.html", context, status=status)


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, token: UUID) -> HttpResponse:
    """Yes or no to a time that is kept. The link is all it takes, so the page names nobody."""
    if throttle.too_many(request, "offer", LOOKS):
        return render(request, "429.html", status=429)
    found = get_object_or_404(line.offers(), token=token)
    error = ""
    if request.method == "POST":
        try:
            _answer(request, found)
            return redirect("booking:offer", token)
        except OfferOver:  # the page says what has become of it
            return redirect("booking:offer", token)
        except DomainError as refusal:
            error = str(refusal.message)
    is_mine = access.may_act_for(request.user, found.entry.client)
    policy = selectors.policy_of(found.entry.location)
    context = {
        "free_until": selectors.deadlines(found.starts_at, policy, timezone.now()).free_until,
        "late_fee": fees.for_booking(found.entry.option, policy),
        "offer": found,
        "state": state_of(found),
        "ran_out": found.expires_at <= timezone.now(),
        "waits": found.entry.status == "waiting",
        "is_mine": is_mine,
        "error": error,
    }
    return render(request, "booking/waitlist/offer.html", context, status=422 if error else 200)


def state_of(found: WaitlistOffer) -> str:
    if found.status == WaitlistOffer.Status.OPEN and found.expires_at <= timezone.now():
        return WaitlistOffer.Status.EXPIRED
    return found.status


def _answer(request: HttpRequest, found: WaitlistOffer) -> None:
    answer = request.POST.get("answer")
    if answer == "yes":
        waitlist.accept(actor=request.user, offer=found)
    elif answer == "no":
        waitlist.decline(actor=request.user, offer=found)
    else:
        raise DomainError(_("Say yes or no to this time."))
