"""Who is coming: a form for each person on the page of details, and the clients they describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from booking.visits import coverage, minors
from booking.visits.forms import SOMEBODY_NEW, CompanionForm, VisitorForm
from clinic import access
from clinic import selectors as clinic_selectors
from clinic.models import Client, User
from clinic.people import services as people
from clinic.prices import coupons

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from django.http import HttpRequest

    from booking.visitor.draft import Draft
    from clinic.models import ServiceOption

SECOND = "two"
TYPED = (*VisitorForm.AUTOCOMPLETE, "client", "relationship", "pay", "coupon")


def typed(request: HttpRequest, seats: int) -> dict[str, str]:
    """What was typed about everyone who is coming."""
    names = TYPED if seats == 1 else (*TYPED, *(f"{SECOND}-{name}" for name in TYPED))
    return {name: request.POST[name] for name in names if name in request.POST}


def local_date(draft: Draft) -> date:
    return draft.start_at.astimezone(clinic_selectors.location().zone).date()


def forms_for(
    request: HttpRequest,
    draft: Draft,
    option: ServiceOption | None,
    without: ServiceOption | None,
) -> list[VisitorForm]:
    """A form for each person; `without` is the session to be had without a prescription."""
    clients, on = list(access.clients_for(request.user)), local_date(draft)
    shared = {
        "clients": clients,
        "on": on,
        "without": without,
        "same_price": bool(option and without and without.price_cents == option.price_cents),
        "reach": _reaches(option, clients, on),
        "ask_coupon": bool(option and option.price_cents) and _asks_coupon(request),
    }
    data = request.POST if request.method == "POST" else None
    first = _first(request, draft, data, shared)
    if draft.seats == 1:
        return [first]
    return [first, _second(draft, data, shared, str(first.initial.get("client", "")))]


def _asks_coupon(request: HttpRequest) -> bool:
    """Whether there are codes to ask for; what is posted says whether they were asked for one."""
    if request.method == "POST":
        return "coupon" in request.POST
    return coupons.any_in_use()


def _reaches(
    option: ServiceOption | None, clients: Sequence[Client], on: date
) -> dict[str, coverage.PrescriptionReach]:
    """How far the prescription of each client on this login reaches, by client."""
    if option is None or not option.service.needs_prescription or not clients:
        return {}
    found = coverage.of_all([client.pk for client in clients], on)
    return {str(pk): one for pk, one in found.items()}


def _first(request: HttpRequest, draft: Draft, data: Any, shared: dict[str, Any]) -> VisitorForm:
    clients, reach = shared["clients"], shared["reach"]
    signed_in = isinstance(request.user, User) and not access.works_here(request.user)
    initial: dict[str, Any] = {"pay": VisitorForm.PRESCRIPTION, **draft.typed}
    if clients and "client" not in draft.typed:
        chosen, known = request.session.get(access.ACTING), [str(one.pk) for one in clients]
        initial["client"] = chosen if chosen in known else known[0]
    picked = reach.get(initial.get("client", ""))
    if picked is not None and picked.falls_short and "pay" not in draft.typed:
        del initial["pay"]  # they are told, and choose
    form = VisitorForm(
        data,
        initial=initial,
        ask_email=not signed_in,
        ask_booker=not _is_named(request.user, clients),
        **shared,
    )
    if draft.seats > 1 and not clients:  # the person booking for two is one of them
        del form.fields["relationship"], form.fields["booker_name"]
    return form


def _second(draft: Draft, data: Any, shared: dict[str, Any], picked: str) -> CompanionForm:
    clients = shared["clients"]
    initial: dict[str, Any] = {"pay": VisitorForm.PRESCRIPTION, "relationship": "partner"}
    if len(clients) > 1:  # the next family member after the first
        initial["client"] = next(str(one.pk) for one in clients if str(one.pk) != picked)
    elif clients:
        initial["client"] = SOMEBODY_NEW
    kept = {name: draft.typed.get(f"{SECOND}-{name}") for name in TYPED}
    initial |= {name: text for name, text in kept.items() if text is not None}
    return CompanionForm(data, prefix=SECOND, initial=initial, **shared)


def clients_of(request: HttpRequest, draft: Draft, forms: Sequence[VisitorForm]) -> list[Client]:
    """The persons picked or described.

    Raises:
        NeedsAdult: a minor, and no adult is booking.
    """
    user, on = request.user if isinstance(request.user, User) else None, local_date(draft)
    address = user.email if user else str(forms[0].cleaned_data.get("email", ""))
    return [_client(request, form, user, address, on) for form in forms]


def _client(
    request: HttpRequest, form: VisitorForm, user: User | None, address: str, on: date
) -> Client:
    """One of them; `address` is that of the login that books."""
    data = form.cleaned_data
    picked, relationship = data.get("client"), data.get("relationship", "")
    if picked and picked != SOMEBODY_NEW:
        client = access.visible(request, access.clients_for(request.user), picked, "pk")
        minors.expect_guarded(request.user, client, on)
        return client
    minors.expect_adult(data["birth_date"], relationship, on)
    email = data.get("email") or address
    if isinstance(form, CompanionForm) and email.lower() != address.lower():
        relationship = ""  # they have a login of their own
    return people.register_client(
        actor=user,
        email=email,
        first_name=data["first_name"],
        last_name=data["last_name"],
        birth_date=data["birth_date"],
        phone=data["phone"],
        phone_extension=data["phone_extension"],
        relationship=relationship,
        booker_name=data.get("booker_name", "") if relationship else "",
    )


def _is_named(user: object, clients: Sequence[Client]) -> bool:
    """Whether we already know the name of the owner of this login."""
    if not isinstance(user, User):
        return False
    return bool(user.display_name) or any(client.user_id == user.pk for client in clients)
