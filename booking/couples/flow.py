"""The visitor's booking for two: both described on one page, both booked or neither."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

from booking import flow, minors, selectors
from booking.couples import pairs
from booking.couples import services as couples
from booking.draft import Draft
from booking.errors import AlreadyBooked, HoldLapsed, NotBookable, SamePerson, SlotTaken
from booking.forms import SOMEBODY_NEW, SecondForm, VisitorForm
from clinic import access, people
from clinic.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.http import HttpRequest

    from booking.couples.services import Couple
    from booking.models import Appointment
    from booking.outlook import Outlook
    from clinic.models import Client, ServiceOption

SECOND = "two"
TYPED_TOO = tuple(f"{SECOND}-{name}" for name in flow.TYPED)
TYPED = (*flow.TYPED, *TYPED_TOO)


def second_form(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption | None,
    clients: Sequence[Client],
    reach: Mapping[str, Outlook],
    first_form: VisitorForm,
) -> SecondForm:
    picked, without = first_form.initial.get("client", ""), first_form.without
    first: dict[str, Any] = {"pay": VisitorForm.PRESCRIPTION, "relationship": "partner"}
    if len(clients) > 1:  # the next of the family that is not the first already
        others = [str(client.pk) for client in clients if str(client.pk) != picked]
        first["client"] = others[0]
    elif clients:
        first["client"] = SOMEBODY_NEW
    kept = {
        name: draft.typed[f"{SECOND}-{name}"]
        for name in flow.TYPED
        if f"{SECOND}-{name}" in draft.typed
    }
    return SecondForm(
        request.POST if request.method == "POST" else None,
        prefix=SECOND,
        initial={**first, **kept},
        clients=clients,
        on=flow.local_date(draft),
        without=without,
        same_price=bool(option and without and without.price_cents == option.price_cents),
        reach=reach,
    )


def finish(request: HttpRequest, draft: Draft, first: VisitorForm, second: SecondForm) -> Couple:
    """Book for the two described: both, or neither.

    Raises:
        DomainError: the time is gone, or one of them has another visit then.
    """
    option = flow.option_of(draft)
    if option is None:
        raise NotBookable
    flow.expect_shown(request, draft, option)
    on = flow.local_date(draft)
    one = flow.client_of(request, draft, first)
    two = _other(request, draft, second, first.cleaned_data.get("email", ""), on)
    if one == two:
        raise SamePerson
    self_paying = [
        client
        for client, form in ((one, first), (two, second))
        if form.cleaned_data.get("pay") == VisitorForm.SELF_PAY
    ]
    try:
        pair = _book(request, draft, option, (one, two), self_paying)
    except AlreadyBooked:
        if all(access.may_act_for(request.user, client) for client in (one, two)):
            raise
        flow.let_go(request, draft)
        raise SlotTaken from None
    done = Draft(two=True, done=str(pair[0].pk), done_too=str(pair[1].pk))
    if request.user.is_authenticated:
        request.session[access.ACTING] = str(one.pk)
    else:
        done.sent_to = first.cleaned_data["email"]
    done.save(request)
    return pair


def _book(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption,
    clients: tuple[Client, Client],
    self_paying: Sequence[Client],
) -> Couple:
    """As for one visit: a second click finds what the first one has made."""
    for _click in range(flow.CLICKS):
        held = pairs.held(draft.hold)
        if held is None and (made := _made(draft, clients)):
            return made
        if held is None or held[0].price_cents != option.price_cents:
            try:
                keep_longer(request, draft)
            except SlotTaken:
                if made := _made(draft, clients):
                    return made
                raise
        else:
            flow.expect_same(request, draft, held)
        with suppress(HoldLapsed):  # another click has taken it anew
            return couples.book(
                actor=request.user,
                hold_token=UUID(draft.hold),
                clients=clients,
                self_paying=self_paying,
            )
    raise HoldLapsed


def _made(draft: Draft, clients: tuple[Client, Client]) -> Couple | None:
    return couples.made(hold_token=UUID(draft.hold), clients=clients) if draft.hold else None


def keep_longer(request: HttpRequest, draft: Draft) -> None:
    """Hold the same time for two anew; with others only if need be, and not unsaid.

    Raises:
        OtherTherapist: the time is held again, with others than the page says.
        SlotTaken: it cannot be had any more.
    """
    option = flow.option_of(draft)
    if option is None:
        raise NotBookable
    held = None
    turns: list[list[UUID] | None] = [[UUID(pk) for pk in draft.who], None]
    for only in turns:
        if only is None and flow.is_spent(draft):
            break
        with suppress(SlotTaken):
            held = couples.hold(
                actor=request.user,
                option=option,
                start=draft.start_at,
                therapist=flow.therapist_of(draft.wanted),
                replaces=draft.hold_token,
                token=draft.hold_token,
                only=only,
            )
            break
    if held is None:
        raise SlotTaken
    draft.hold = str(held[0].hold_token)
    flow.expect_same(request, draft, held)


def _other(
    request: HttpRequest, draft: Draft, form: SecondForm, booker_email: str, on: date
) -> Client:
    """The second person: of the same login, unless an address of their own was given.

    Raises:
        NeedsAdult: a minor, and nobody of age books.
    """
    data = form.cleaned_data
    if data.get("client") and data["client"] != SOMEBODY_NEW:
        return flow.client_of(request, draft, form)
    user = request.user if isinstance(request.user, User) else None
    base = user.email if user else booker_email
    theirs = data.get("email") or ""
    apart = bool(theirs) and theirs.lower() != base.lower()
    minors.expect_adult(data["birth_date"], data["relationship"], on)
    return people.register_client(
        actor=user,
        email=theirs if apart else base,
        first_name=data["first_name"],
        last_name=data["last_name"],
        birth_date=data["birth_date"],
        phone=data.get("phone") or "",
        relationship="" if apart else data["relationship"],
    )


def made(request: HttpRequest) -> list[Appointment]:
    """The two visits this browser has just booked, the visitor's own first."""
    draft = Draft.of(request)
    wanted = [flow.uuid_or_none(draft.done), flow.uuid_or_none(draft.done_too)]
    if None in wanted:
        return []
    found = {one.pk: one for one in selectors.appointments().filter(pk__in=wanted)}
    return [found[pk] for pk in wanted if pk in found]
