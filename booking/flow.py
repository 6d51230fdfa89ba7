"""What the steps of the visitor's booking share: the draft, the form, the last button."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import fees, minors, outlook, screens, selectors, services
from booking.couples import pairs
from booking.couples import services as couples
from booking.draft import Draft
from booking.errors import (
    AlreadyBooked,
    HoldLapsed,
    NotBookable,
    OtherTherapist,
    OtherTime,
    PriceChanged,
    SlotTaken,
)
from booking.forms import SOMEBODY_NEW, VisitorForm, WhenForm
from clinic import access, people
from clinic import selectors as ground
from clinic.dates import day_or_none
from clinic.models import Client, Service, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

CLICKS = 3  # on one button: so often may another one take the time anew while we book it
TYPED = (*VisitorForm.AUTOCOMPLETE, "client", "relationship", "pay")


def uuid_or_none(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


def wants_part(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for one part of the page only."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx and htmx.target == target and not htmx.history_restore_request)


def therapist_of(text: str | None) -> Therapist | None:
    pk = uuid_or_none(text)
    return selectors.therapists().filter(pk=pk).first() if pk else None


def time_screen(request: HttpRequest, option: ServiceOption, **more: Any) -> screens.TimeScreen:
    """The choice of times that the address asks for."""
    screen = screens.time_screen(
        option=option,
        therapist=therapist_of(request.GET.get("therapist")),
        begin=day_or_none(request.GET.get("from")),
        day=day_or_none(request.GET.get("day")),
        location=getattr(request, "clinic", None),
        **more,
    )
    rest = request.GET.copy()
    for name in ("from", "day"):
        rest.pop(name, None)
    screen.address = f"?{rest.urlencode()}&" if rest else "?"
    return screen


def take_time(
    request: HttpRequest, draft: Draft, option: ServiceOption, form: WhenForm, *, two: bool = False
) -> None:
    """Hold the time that was pressed, in place of any other this visitor holds."""
    start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
    hold = couples.hold if two else services.hold
    made = hold(
        actor=request.user,
        option=option,
        start=start,
        therapist=therapist,
        replaces=draft.hold_token,
    )
    both = made if isinstance(made, tuple) else (made,)
    held = both[0]
    draft.option, draft.start, draft.hold = str(option.pk), start.isoformat(), str(held.hold_token)
    name_therapists(draft, both)
    draft.wanted = str(therapist.pk) if therapist else ""
    draft.two, draft.price, draft.done, draft.done_too = two, option.price_cents, "", ""
    draft.save(request)


def name_therapists(draft: Draft, held: Sequence[Appointment]) -> None:
    """Keep whose time is held, in the order of the visits."""
    first, *rest = [str(one.therapist_id) for one in held]
    draft.therapist, draft.therapist_too = first, rest[0] if rest else ""


def aside(request: HttpRequest, draft: Draft) -> HttpResponse | None:
    """Where another button of the details leads; what was typed is kept already."""
    go = request.POST.get("go", "")
    if go == "time":
        page = "booking:two-time" if draft.two else "booking:time"
        day = {"day": draft.start_at.astimezone(ground.location().zone).date()}
        return redirect(f"{reverse(page, args=[draft.option])}?{urlencode(day)}")
    if go == "session":
        return redirect(reverse("booking:start") + ("?for=two" if draft.two else ""))
    if go == "sign-in":
        here = reverse("booking:two-details" if draft.two else "booking:details")
        return redirect(f"{reverse('account_login')}?{urlencode({'next': here})}")
    return None


def option_of(draft: Draft) -> ServiceOption | None:
    return selectors.option(draft.option)


def without_prescription(option: ServiceOption | None) -> ServiceOption | None:
    """The same session as a self-pay one, where the clinic offers it."""
    if option is None or not option.service.needs_prescription:
        return None
    same = selectors.bookable_options().filter(minutes=option.minutes)
    return same.filter(service__kind=Service.Kind.THERAPEUTIC).first()


def outlooks(
    option: ServiceOption | None, clients: Sequence[Client], on: date
) -> dict[str, outlook.Outlook]:
    """How far the prescription of each of the login's own people reaches, by client."""
    if option is None or not option.service.needs_prescription or not clients:
        return {}
    found = outlook.of_all([client.pk for client in clients], on)
    return {str(pk): one for pk, one in found.items()}


def local_date(draft: Draft) -> date:
    return draft.start_at.astimezone(ground.location().zone).date()


def details_form(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption | None,
    clients: Sequence[Client],
    reach: dict[str, outlook.Outlook],
) -> VisitorForm:
    signed_in = isinstance(request.user, User) and not request.user.is_clinic_staff
    first: dict[str, Any] = {"pay": VisitorForm.PRESCRIPTION, **draft.typed}
    if clients and "client" not in draft.typed:
        chosen = request.session.get(access.ACTING)
        first["client"] = chosen if chosen in {str(c.pk) for c in clients} else str(clients[0].pk)
    picked = reach.get(first.get("client", ""))
    if picked is not None and picked.falls_short and "pay" not in draft.typed:
        del first["pay"]  # they are told, and choose
    without = without_prescription(option)
    form = VisitorForm(
        request.POST if request.method == "POST" else None,
        initial=first,
        clients=clients,
        ask_email=not signed_in,
        ask_booker=not _is_named(request.user, clients),
        on=local_date(draft),
        without=without,
        same_price=bool(option and without and without.price_cents == option.price_cents),
        reach=reach,
    )
    if draft.two and not clients:  # who books for two comes along
        del form.fields["relationship"], form.fields["booker_name"]
    return form


def typed(request: HttpRequest, names: Sequence[str] = TYPED) -> dict[str, str]:
    return {name: request.POST[name] for name in names if name in request.POST}


def expect_shown(request: HttpRequest, draft: Draft, option: ServiceOption) -> None:
    """Nobody books a time, a session, a therapist or a price that their page does not show.

    Raises:
        OtherTime, OtherTherapist, PriceChanged.
        NotBookable: it is not offered without a prescription any more.
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
    without = without_prescription(option)
    pays = posted.get("pay"), posted.get("two-pay")
    if without is None and option.service.needs_prescription and VisitorForm.SELF_PAY in pays:
        raise NotBookable(_("That session cannot be booked without a prescription any more."))
    if without and posted.get("self_price", str(without.price_cents)) != str(without.price_cents):
        raise PriceChanged


def finish(request: HttpRequest, draft: Draft, form: VisitorForm) -> Appointment:
    """Book for the person described. A hold that is gone is taken anew if the time is free.

    Raises:
        DomainError: the time is gone, or the person has another visit then. A visitor who is not
            signed in is told the first in either case: whose visits there are is not theirs to see.
    """
    option = option_of(draft)
    if option is None:
        raise NotBookable
    expect_shown(request, draft, option)
    client = client_of(request, draft, form)
    if form.cleaned_data.get("pay") == VisitorForm.SELF_PAY:
        option = without_prescription(option) or option
    try:
        appointment = _book(request, draft, option, client)
    except AlreadyBooked:
        if request.user.is_authenticated:
            raise
        let_go(request, draft)
        raise SlotTaken from None
    if request.user.is_authenticated:
        Draft(done=str(appointment.pk)).save(request)
        request.session[access.ACTING] = str(client.pk)
    else:
        Draft(done=str(appointment.pk), sent_to=form.cleaned_data["email"]).save(request)
    return appointment


def let_go(request: HttpRequest, draft: Draft) -> None:
    services.let_go(draft.hold_token)
    draft.hold = ""
    draft.save(request)


def _book(request: HttpRequest, draft: Draft, option: ServiceOption, client: Client) -> Appointment:
    """Book what is held; what is gone, or is not what is wanted, is held anew under its old token.

    So a second click finds what the first one has made, even if both are under way at once.
    """
    for _click in range(CLICKS):
        held = selectors.hold_of(draft.hold)
        if held is None and (made := _made(draft, client)):
            return made
        if held is None or (held.option_id, held.price_cents) != (option.pk, option.price_cents):
            try:
                hold_again(request, draft, option)
            except SlotTaken:
                if made := _made(draft, client):
                    return made
                raise
        else:
            expect_same(request, draft, [held])
        with suppress(HoldLapsed):  # another click has taken it anew
            return services.book(actor=request.user, hold_token=UUID(draft.hold), client=client)
    raise HoldLapsed


def _made(draft: Draft, client: Client) -> Appointment | None:
    """What another click has made of this hold."""
    return services.made(hold_token=UUID(draft.hold), client=client) if draft.hold else None


def expect_same(request: HttpRequest, draft: Draft, held: Sequence[Appointment]) -> None:
    """Nobody books with other therapists than the page names.

    Raises:
        OtherTherapist: the time is held with another one; the page will name that one.
    """
    before = draft.who
    name_therapists(draft, held)
    draft.save(request)
    if set(before) != set(draft.who):
        raise OtherTherapist


def is_spent(draft: Draft) -> bool:
    """Whether what was held is booked by now: then the same is not held once more."""
    return bool(draft.hold) and selectors.appointments().filter(hold_token=draft.hold).exists()


def hold_again(request: HttpRequest, draft: Draft, option: ServiceOption) -> None:
    """The same time once more; with somebody else only if nobody was asked for, and not unsaid.

    Raises:
        OtherTherapist: the time is held again, with another therapist than the page says.
        SlotTaken: it cannot be had.
    """
    before = therapist_of(draft.therapist)
    if before is None and draft.wanted:
        raise SlotTaken
    held = None
    turns: list[Therapist | None] = [before] if draft.wanted else [before, None]
    for therapist in turns if before else [None]:
        if therapist is None and is_spent(draft):
            break
        with suppress(SlotTaken):
            held = services.hold(
                actor=request.user,
                option=option,
                start=draft.start_at,
                therapist=therapist,
                replaces=draft.hold_token,
                token=draft.hold_token,
            )
            break
    if held is None:
        raise SlotTaken
    draft.hold = str(held.hold_token)
    expect_same(request, draft, [held])


def keep_longer(request: HttpRequest, draft: Draft) -> None:
    """Ten minutes more for who types slowly.

    Raises:
        SlotTaken: somebody else has the time by now.
    """
    option = option_of(draft)
    if option is None:
        raise NotBookable
    hold_again(request, draft, option)


def take_other(request: HttpRequest, draft: Draft) -> None:
    """One of the times near the one that was lost.

    Raises:
        NotBookable, SlotTaken: that one cannot be had either.
    """
    option, form = option_of(draft), WhenForm({"start": request.POST["take"]})
    if option is None or not form.is_valid():
        raise NotBookable
    take_time(request, draft, option, form, two=draft.two)


def client_of(request: HttpRequest, draft: Draft, form: VisitorForm) -> Client:
    """Whoever was picked or described.

    Raises:
        NeedsAdult: a minor, and nobody of age books.
    """
    data = form.cleaned_data
    picked = data.get("client")
    on = local_date(draft)
    if picked and picked != SOMEBODY_NEW:
        client = access.own(request, access.clients_for(request.user), picked, "pk")
        minors.expect_guarded(request.user, client, on)
        return client
    user = request.user if isinstance(request.user, User) else None
    relationship = data.get("relationship", "")
    minors.expect_adult(data["birth_date"], relationship, on)
    return people.register_client(
        actor=user,
        email=data.get("email") or (user.email if user else ""),
        first_name=data["first_name"],
        last_name=data["last_name"],
        birth_date=data["birth_date"],
        phone=data.get("phone") or "",
        relationship=relationship,
        booker_name=data.get("booker_name", "") if relationship else "",
    )


def _is_named(user: object, clients: Sequence[Client]) -> bool:
    """Whether we know already what the owner of this login is called."""
    if not isinstance(user, User):
        return False
    return bool(user.display_name) or any(client.user_id == user.pk for client in clients)


def instead(draft: Draft) -> list[screens.TimeChoice]:
    """Times near the one that was lost."""
    option = option_of(draft)
    if option is None:
        return []
    near = draft.start_at
    return screens.alternatives(option, near, None, draft.hold_token, two=draft.two)


def summary(
    draft: Draft, option: ServiceOption | None, without: ServiceOption | None
) -> dict[str, Any]:
    """What has been chosen so far, for the side of the page."""
    now, policy = timezone.now(), selectors.policy_of(ground.location())
    start = draft.start_at
    pair = pairs.held(draft.hold) if draft.two else None
    held = pair[0] if pair else None if draft.two else selectors.hold_of(draft.hold)
    named = [therapist for pk in draft.who if (therapist := therapist_of(pk))]
    any_option = ServiceOption.objects.select_related("service")
    shown = option or any_option.filter(pk=draft.option).first()
    return {
        "option": shown,
        "starts_at": start,
        "therapists": named,
        "who": " ".join(draft.who),
        "held_until": held.held_until if held else None,
        "deadlines": selectors.deadlines(start, policy, now),
        "late_fee": fees.for_booking(shown, policy) if shown else 0,
        "now": now,
        "shown": draft.start,
        "price": shown.price_cents if shown else draft.price,
        "self_price": without.price_cents if without else None,
    }


def made(request: HttpRequest) -> Appointment | None:
    """The visit this browser has just booked."""
    pk = uuid_or_none(Draft.of(request).done)
    return selectors.appointments().filter(pk=pk).first() if pk else None


def after(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    """What is on record of a client (an address, a prescription) is shown to its own login only."""
    policy = selectors.policy_of(appointment.location)
    client = appointment.client
    own = client is not None and access.may_act_for(request.user, client)
    return {
        "appointment": appointment,
        "sent_to": people.notify_address(client) if client and own else Draft.of(request).sent_to,
        "is_covered": own and appointment.reservation_id is not None,
        "deadlines": selectors.deadlines(appointment.starts_at, policy, timezone.now()),
        "is_mine": request.user.is_authenticated,
    }
