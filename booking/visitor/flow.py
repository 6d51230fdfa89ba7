"""What the steps of the visitor's booking share: the draft, the hold, the last button."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors, throttle
from booking.errors import (
    AlreadyBooked,
    HoldLapsed,
    NotBookable,
    OtherTherapist,
    OtherTime,
    PriceChanged,
    SlotTaken,
)
from booking.times import picker
from booking.visitor import codes, persons
from booking.visitor.draft import Draft
from booking.visits import fees, parties, services
from booking.visits.forms import VisitorForm, WhenForm
from booking.visits.requests import therapist_of, uuid_or_none
from clinic import access
from clinic.models import ServiceOption
from clinic.people import services as people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from booking.times.timetable import Timetable
    from booking.times.versions import Versions
    from booking.visits.parties import Party
    from clinic.models import Client, Therapist

CLICKS = 3  # per button: how often another click may retake the time while we book it


def page(name: str, seats: int) -> str:
    """The name of one of the pages; those for two at the same time have their own addresses."""
    return f"booking:{name}" if seats == 1 else f"booking:two-{name}"


def take_time(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption,
    start: datetime,
    therapist: Therapist | None,
    seats: int,
    diary: Versions | None = None,
) -> None:
    """Hold the chosen time, in place of any other this visitor holds."""
    held = services.hold(
        option=option,
        start=start,
        seats=seats,
        therapist=therapist,
        replaces=draft.hold_token,
        diary=diary,
        holder=throttle.holder(request),
    )
    draft.option, draft.start = str(option.pk), start.isoformat()
    draft.hold, draft.who = str(held[0].hold_token), _names(held)
    draft.wanted = str(therapist.pk) if therapist else ""
    draft.seats, draft.price, draft.done = seats, option.price_cents, []
    draft.save(request)


def other_button(request: HttpRequest, draft: Draft) -> HttpResponse | None:
    """Where another button on the details page leads; what was typed is already saved."""
    go = request.POST.get("go", "")
    if go == "time":
        day = {"day": persons.local_date(draft)}
        times = reverse(page("time", draft.seats), args=[draft.option])
        return redirect(f"{times}?{urlencode(day)}")
    if go == "session":
        return redirect(reverse("booking:start") + ("?for=two" if draft.seats > 1 else ""))
    if go == "sign-in":
        back = {"next": reverse(page("details", draft.seats))}
        return redirect(f"{reverse('account_login')}?{urlencode(back)}")
    return None


def _names(held: Sequence[Appointment]) -> list[str]:
    return [str(one.therapist_id) for one in held]


def expect_shown(
    request: HttpRequest, draft: Draft, option: ServiceOption, without: ServiceOption | None
) -> None:
    """No one books a time, session, therapist or price that their page does not show.

    Raises:
        OtherTime, OtherTherapist, PriceChanged.
        NotBookable: it is no longer offered without a prescription.
    """
    posted = request.POST
    if posted.get("start", draft.start) != draft.start:
        raise OtherTime
    if posted.get("option", draft.option) != draft.option:
        raise OtherTime
    if posted.get("who", " ".join(draft.who)) != " ".join(draft.who):
        raise OtherTherapist
    shown, draft.price = posted.get("price", str(draft.price)), option.price_cents
    if shown != str(option.price_cents):
        draft.save(request)
        raise PriceChanged
    pays = posted.get("pay"), posted.get(f"{persons.SECOND}-pay")
    if without is None and option.service.needs_prescription and VisitorForm.SELF_PAY in pays:
        raise NotBookable(_("That session can no longer be booked without a prescription."))
    if without and posted.get("self_price", str(without.price_cents)) != str(without.price_cents):
        raise PriceChanged


def finish(
    request: HttpRequest,
    draft: Draft,
    rules: Timetable,
    forms: Sequence[VisitorForm],
) -> None:
    """Book for those described: all, or none. A lost hold is taken again if the time is free.

    Raises:
        DomainError: the time is gone, or someone has another visit then. Who may not act for them
            hears the first in either case: they may not learn whose visits there are.
    """
    option = selectors.option(draft.option, rules)
    if option is None:
        raise NotBookable
    without = forms[0].without
    expect_shown(request, draft, option, without)
    quotes = codes.quotes(forms, option, partial(_is_spent, draft))
    clients = persons.clients_of(request, draft, forms)
    pays = [form.cleaned_data.get("pay") == VisitorForm.SELF_PAY for form in forms]
    self_paying = [client for client, alone in zip(clients, pays, strict=True) if alone]
    if self_paying and draft.seats == 1:  # held and booked as that session
        option, self_paying = without or option, []
    try:
        party = _book(request, draft, rules, option, clients, self_paying, forms)
    except AlreadyBooked:
        if _may_know(request, clients):
            raise
        services.let_go(draft.hold_token)
        draft.hold = ""
        draft.save(request)
        raise SlotTaken from None
    done = Draft(seats=draft.seats, done=[str(one.pk) for one in party])
    done.coupons = codes.kept(quotes)
    if request.user.is_authenticated:
        request.session[access.ACTING] = str(clients[0].pk)
    else:
        done.sent_to = forms[0].cleaned_data["email"]
    done.save(request)


def _may_know(request: HttpRequest, clients: Sequence[Client]) -> bool:
    user = request.user
    if access.works_here(user):
        return True
    return all(access.may_act_for(user, client) for client in clients)


def _book(
    request: HttpRequest,
    draft: Draft,
    rules: Timetable,
    option: ServiceOption,
    clients: Sequence[Client],
    self_paying: Sequence[Client],
    forms: Sequence[VisitorForm],
) -> Party:
    """Book what is held; if it is gone or is not the right one, hold it again under the old token.

    So a second click finds what the first one made, even if both run at once.
    """
    agreed = {(option.pk, option.price_cents)}
    holder = throttle.holder(request, forms[0].cleaned_data.get("email", ""))
    for _click in range(CLICKS):
        held = parties.held(draft.hold, draft.seats, rules)
        if not held and (party := _made(draft, clients)):
            return party
        if {(one.option_id, one.price_cents) for one in held} != agreed:
            try:
                held = hold_again(request, draft, option)
            except SlotTaken:
                if party := _made(draft, clients):
                    return party
                raise
        else:
            _expect_same(request, draft, held)
        with suppress(HoldLapsed):  # another click has taken it again
            return services.book(
                actor=request.user,
                hold_token=UUID(draft.hold),
                clients=clients,
                self_paying=self_paying,
                held=held,
                holder=holder,
                codes=codes.typed(forms),
            )
    raise HoldLapsed


def _made(draft: Draft, clients: Sequence[Client]) -> Party:
    """What another click has turned this hold into."""
    return services.made(hold_token=draft.hold_token, clients=clients)


def _expect_same(request: HttpRequest, draft: Draft, held: Sequence[Appointment]) -> None:
    """No one books with a therapist other than the one on the page.

    Raises:
        OtherTherapist: the time is held with another one; the page will now name that one.
    """
    before, draft.who = draft.who, _names(held)
    draft.save(request)
    if set(before) != set(draft.who):
        raise OtherTherapist


def _is_spent(draft: Draft) -> bool:
    """Whether what was held is now booked: then we do not hold it again."""
    return bool(draft.hold) and selectors.appointments().filter(hold_token=draft.hold).exists()


def hold_again(request: HttpRequest, draft: Draft, option: ServiceOption | None) -> Party:
    """Hold the same time again, for a slow typist or after it lapsed.

    With another therapist only if none was requested, and never silently.

    Raises:
        OtherTherapist: the time is held again, but not with the therapists on the page.
        NotBookable, SlotTaken: it is not available.
    """
    if option is None:
        raise NotBookable
    wanted, held = therapist_of(draft.wanted), None
    if draft.wanted and wanted is None:
        raise SlotTaken
    for only in ([UUID(pk) for pk in draft.who], None):
        if only is None and _is_spent(draft):
            break
        with suppress(SlotTaken):
            held = services.hold(
                option=option,
                start=draft.start_at,
                seats=draft.seats,
                therapist=wanted,
                only=only,
                replaces=draft.hold_token,
                token=draft.hold_token,
                holder=throttle.holder(request),
            )
            break
    if not held:
        raise SlotTaken
    draft.hold = str(held[0].hold_token)
    _expect_same(request, draft, held)
    return held


def take_other(request: HttpRequest, draft: Draft, option: ServiceOption | None) -> None:
    """One of the times near the one that was lost.

    Raises:
        NotBookable, SlotTaken: that one is not available either.
    """
    form = WhenForm({"start": request.POST["take"]})
    if option is None or not form.is_valid():
        raise NotBookable
    take_time(request, draft, option, form.cleaned_data["start"], None, draft.seats)


def near(draft: Draft, option: ServiceOption | None) -> list[picker.TimeChoice]:
    """Times near the one that was lost."""
    if option is None:
        return []
    return picker.alternatives(option, draft.start_at, None, draft.hold_token, seats=draft.seats)


def summary(draft: Draft, rules: Timetable, without: ServiceOption | None) -> dict[str, Any]:
    """What has been chosen so far, for the sidebar."""
    now, option = timezone.now(), selectors.option(draft.option, rules)
    held = parties.held(draft.hold, draft.seats, rules)
    known = [rules.therapists.get(UUID(pk)) for pk in draft.who]
    any_option = ServiceOption.objects.select_related("service")
    shown = option or any_option.filter(pk=draft.option).first()
    return {
        "two": draft.seats > 1,
        "option": shown,
        "starts_at": draft.start_at,
        "therapists": [therapist for therapist in known if therapist],
        "who": " ".join(draft.who),
        "held_until": held[0].held_until if held else None,
        "deadlines": selectors.deadlines(draft.start_at, rules.policy, now),
        "late_fee": fees.for_booking(shown, rules.policy) if shown else 0,
        "now": now,
        "shown": draft.start,
        "price": shown.price_cents if shown else draft.price,
        "self_price": without.price_cents if without else None,
        "quote": codes.shown(draft, shown, without),
    }


def made(draft: Draft) -> Party:
    """The visits this browser just booked, the visitor's own first."""
    wanted = [uuid_or_none(pk) for pk in draft.done]
    found = selectors.appointments().filter(pk__in=[pk for pk in wanted if pk]) if wanted else ()
    return sorted(found, key=lambda one: wanted.index(one.pk))


def after(request: HttpRequest, draft: Draft, appointment: Appointment) -> dict[str, Any]:
    """A client's stored data (an address, a prescription) is shown only to their own login."""
    policy = selectors.policy_of(appointment.location)
    client = appointment.client
    own = client is not None and access.may_act_for(request.user, client)
    return {
        "appointment": appointment,
        "own": own,
        "sent_to": people.notify_address(client) if client and own else draft.sent_to,
        "is_covered": own and appointment.reservation_id is not None,
        "deadlines": selectors.deadlines(appointment.starts_at, policy, timezone.now()),
        "discount": codes.after(draft, appointment, own=own),
    }
