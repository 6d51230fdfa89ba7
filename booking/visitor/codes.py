"""The code of a coupon on the page of details: what it takes off before and after booking."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from booking import selectors
from booking.times import timetable
from booking.visitor import persons
from booking.visits.forms import VisitorForm
from clinic import selectors as clinic_selectors
from clinic.prices import coupons
from clinic.prices.coupons import CouponRefused, Discount

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest

    from booking.models import Appointment
    from booking.visitor.draft import Draft
    from clinic.models import ServiceOption


def typed(forms: Sequence[VisitorForm]) -> list[str]:
    """The code of each person, blank for none."""
    return [form.cleaned_data.get("coupon", "") for form in forms]


def quotes(
    forms: Sequence[VisitorForm], option: ServiceOption, is_booked: Callable[[], bool]
) -> list[Discount | None]:
    """What each typed code takes off, before anything is written.

    A second click may find that the first one took the last use: `is_booked` says so.

    Raises:
        CouponRefused: with the seat that it was typed for.
    """
    found: list[Discount | None] = []
    for seat, (form, code) in enumerate(zip(forms, typed(forms), strict=True)):
        alone = form.cleaned_data.get("pay") == VisitorForm.SELF_PAY
        session = form.without if alone and form.without else option
        try:
            found.append(coupons.quote(code, session, again=is_booked()) if code else None)
        except CouponRefused as refusal:
            refusal.seat = seat
            raise
    return found


def check(_request: HttpRequest, draft: Draft, option: ServiceOption | None) -> None:
    """Whether the typed codes are good, as far as can be said; the sidebar has the price then.

    Raises:
        CouponRefused: one is not.
    """
    rules = timetable.current(clinic_selectors.location())
    chosen = _chosen(draft, option, selectors.self_pay_option(option, rules))
    for name in ("coupon", f"{persons.SECOND}-coupon")[: draft.seats]:
        if chosen is not None and draft.typed.get(name):
            coupons.quote(draft.typed[name], chosen)


def shown(
    draft: Draft, option: ServiceOption | None, without: ServiceOption | None
) -> Discount | None:
    """What the typed code takes off, for the sidebar of one; nothing if it is not good."""
    code, chosen = draft.typed.get("coupon", ""), _chosen(draft, option, without)
    if not code or chosen is None or draft.seats > 1:
        return None
    with suppress(CouponRefused):
        return coupons.quote(code, chosen)
    return None


def _chosen(
    draft: Draft, option: ServiceOption | None, without: ServiceOption | None
) -> ServiceOption | None:
    """The session as it is typed so far: perhaps the one without a prescription."""
    alone = draft.typed.get("pay") == VisitorForm.SELF_PAY
    return without if alone and without is not None else option


def kept(found: Sequence[Discount | None]) -> list[dict[str, Any]]:
    """For the draft, which lives in the session."""
    return [asdict(one) if one else {} for one in found]


def after(draft: Draft, appointment: Appointment, *, own: bool) -> Discount | None:
    """What the coupon took off; what it would take off for who may not learn whether it did."""
    if own:
        return coupons.of_one(appointment.pk)
    place = draft.done.index(str(appointment.pk))
    found = draft.coupons[place] if place < len(draft.coupons) else {}
    return Discount(**found) if found else None
