"""What the steps of the visitor's booking share: the draft, the form, the last button."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils import timezone

from booking import screens, selectors, services
from booking.draft import Draft
from booking.errors import AlreadyBooked, HoldLapsed, OtherTime, SlotTaken
from booking.forms import SOMEBODY_NEW, DetailsForm, WhenForm
from clinic import access, people
from clinic import selectors as ground
from clinic.dates import day_or_none
from clinic.models import ServiceOption, Therapist, User

if TYPE_CHECKING:
    from django.http import HttpRequest

    from booking.models import Appointment
    from clinic.models import Client

TYPED = (*DetailsForm.AUTOCOMPLETE, "client", "relationship")


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
    return screens.time_screen(
        option=option,
        therapist=therapist_of(request.GET.get("therapist")),
        begin=day_or_none(request.GET.get("from")),
        day=day_or_none(request.GET.get("day")),
        **more,
    )


def take_time(
    request: HttpRequest, draft: Draft, option: ServiceOption, form: WhenForm
) -> Appointment:
    """Hold the time that was pressed, in place of any other this visitor holds."""
    start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
    held = services.hold(
        actor=request.user,
        option=option,
        start=start,
        therapist=therapist,
        replaces=draft.hold_token,
    )
    draft.option, draft.start, draft.hold = str(option.pk), start.isoformat(), str(held.hold_token)
    draft.therapist, draft.done = str(held.therapist_id), ""
    draft.save(request)
    return held


def details_form(request: HttpRequest, draft: Draft) -> DetailsForm:
    clients = list(access.clients_for(request.user))
    signed_in = isinstance(request.user, User) and not request.user.is_clinic_staff
    first: dict[str, Any] = dict(draft.typed)
    if clients and "client" not in first:
        chosen = request.session.get(access.ACTING)
        first["client"] = chosen if chosen in {str(c.pk) for c in clients} else str(clients[0].pk)
    return DetailsForm(
        request.POST if request.method == "POST" else None,
        initial=first,
        clients=clients,
        ask_email=not signed_in,
    )


def typed(request: HttpRequest) -> dict[str, str]:
    return {name: request.POST[name] for name in TYPED if name in request.POST}


def finish(request: HttpRequest, draft: Draft, form: DetailsForm) -> Appointment:
    """Book for the person described. A hold that is gone is taken anew if the time is free.

    Raises:
        DomainError: the time is gone, or the person has another visit then. A visitor who is not
            signed in is told the first in either case: whose visits there are is not theirs to see.
    """
    if request.POST.get("start", draft.start) != draft.start:
        raise OtherTime
    client = _client(request, form)
    try:
        appointment = _book(request, draft, client)
    except AlreadyBooked:
        if request.user.is_authenticated:
            raise
        services.let_go(draft.hold_token)
        draft.hold = ""
        draft.save(request)
        raise SlotTaken from None
    if request.user.is_authenticated:
        Draft(done=str(appointment.pk)).save(request)
        request.session[access.ACTING] = str(client.pk)
    else:
        Draft(done=str(appointment.pk), sent_to=form.cleaned_data["email"]).save(request)
    return appointment


def _book(request: HttpRequest, draft: Draft, client: Client) -> Appointment:
    try:
        token = draft.hold_token or _hold_again(request, draft)
        return services.book(actor=request.user, hold_token=token, client=client)
    except HoldLapsed:
        token = _hold_again(request, draft)
        return services.book(actor=request.user, hold_token=token, client=client)


def _hold_again(request: HttpRequest, draft: Draft) -> UUID:
    option = selectors.bookable_options().filter(pk=draft.option).first()
    if option is None:
        raise SlotTaken
    held = services.hold(
        actor=request.user,
        option=option,
        start=datetime.fromisoformat(draft.start),
        therapist=therapist_of(draft.therapist),
        replaces=draft.hold_token,
    )
    draft.hold = str(held.hold_token)
    draft.save(request)
    return UUID(draft.hold)


def _client(request: HttpRequest, form: DetailsForm) -> Client:
    data = form.cleaned_data
    picked = data.get("client")
    if picked and picked != SOMEBODY_NEW:
        return access.own(request, access.clients_for(request.user), picked, "pk")
    user = request.user if isinstance(request.user, User) else None
    return people.register_client(
        actor=user,
        email=data.get("email") or (user.email if user else ""),
        first_name=data["first_name"],
        last_name=data["last_name"],
        birth_date=data["birth_date"],
        phone=data["phone"],
        relationship=data["relationship"],
    )


def instead(draft: Draft) -> list[screens.TimeChoice]:
    """Times near the one that was lost."""
    option = selectors.bookable_options().filter(pk=draft.option).first()
    if option is None:
        return []
    near = datetime.fromisoformat(draft.start)
    return screens.alternatives(option, near, None, draft.hold_token)


def summary(draft: Draft) -> dict[str, Any]:
    """What has been chosen so far, for the side of the page."""
    option = ServiceOption.objects.select_related("service").filter(pk=draft.option).first()
    held = selectors.hold_of(draft.hold)
    policy = selectors.policy_of(ground.location())
    start = datetime.fromisoformat(draft.start)
    return {
        "option": option,
        "starts_at": start,
        "therapist": therapist_of(draft.therapist),
        "held_until": held.held_until if held else None,
        "deadlines": selectors.deadlines(start, policy, timezone.now()),
        "now": timezone.now(),
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
