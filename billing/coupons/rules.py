"""What a coupon is good for. Pure: each refusal says what to do instead."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.format import us_date
from clinic.models import Payer
from clinic.prices.coupons import CouponRefused

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from billing.models import Coupon
    from clinic.models import ServiceOption

LONGEST = 20


def spelled(text: str) -> str:
    """A code however it was typed: "new-10" and "New 10" are NEW10."""
    plain = unicodedata.normalize("NFKC", text).upper()
    return "".join(sign for sign in plain if sign.isalnum())


class NoSuchCode(CouponRefused):
    message = _("We do not know this code. Check how it is written, or leave it out.")


class NotInUse(CouponRefused):
    message = _("This code is not in use any more. Leave it out to go on without it.")


class NotYet(CouponRefused):
    def __init__(self, begins: date) -> None:
        text = _("This code is good from %(day)s on. Leave it out to go on without it.")
        super().__init__(text % {"day": us_date(begins)})


class Ended(CouponRefused):
    def __init__(self, ended: date) -> None:
        text = _("This code was good through %(day)s. Leave it out to go on without it.")
        super().__init__(text % {"day": us_date(ended)})


class NotForThis(CouponRefused):
    def __init__(self, sessions: Sequence[str]) -> None:
        text = _("This code is not for this session, only for: %(sessions)s.")
        super().__init__(text % {"sessions": ", ".join(sessions)})


class IsFree(CouponRefused):
    message = _("This session is free, so there is nothing to take off. Keep the code.")


class UsedUp(CouponRefused):
    message = _("This code has been used as often as it can be. Leave it out to go on without it.")


class UsedBefore(CouponRefused):
    is_personal = True
    message = _(
        "This code is good once for each person, and was used before. Leave it out to go on."
    )


class NotFirst(CouponRefused):
    is_personal = True
    message = _("This code is for a first visit, and this is not the first. Leave it out to go on.")


class NotSelfPay(CouponRefused):
    is_personal = True
    message = _(
        "This code is for clients who pay for themselves, not through an insurer or program."
        " Leave it out to go on."
    )


class OneDiscount(CouponRefused):
    is_personal = True
    message = _("This visit has a discount already, and two are not added together.")


@dataclass(frozen=True, slots=True)
class Person:
    """What a coupon asks of who comes."""

    payer_kind: str = ""  # Payer.Kind; none: they pay
    has_used_it: bool = False
    had_a_visit: bool = False  # one that cost something, before this one
    has_a_discount: bool = False


def expect_good(
    coupon: Coupon | None, option: ServiceOption, on: date, allowed: Sequence[ServiceOption]
) -> Coupon:
    """The coupon, if it is good for a session today. `allowed`: its sessions; none: all.

    Raises:
        NoSuchCode, NotInUse, NotYet, Ended, IsFree, NotForThis.
    """
    if coupon is None:
        raise NoSuchCode
    if not coupon.is_active:
        raise NotInUse
    if coupon.valid_from is not None and not coupon.has_begun(on):
        raise NotYet(coupon.valid_from)
    if coupon.valid_through is not None and coupon.has_ended(on):
        raise Ended(coupon.valid_through)
    if not option.price_cents:
        raise IsFree
    if allowed and option not in allowed:
        raise NotForThis([str(one) for one in allowed])
    return coupon


def expect_for(coupon: Coupon, person: Person) -> None:
    """
    Raises:
        OneDiscount, UsedBefore, NotSelfPay, NotFirst.
    """
    if person.has_a_discount:
        raise OneDiscount
    if person.has_used_it:
        raise UsedBefore
    if person.payer_kind not in {"", Payer.Kind.SELF_PAY}:
        raise NotSelfPay
    if coupon.first_visit_only and person.had_a_visit:
        raise NotFirst


def next_number(taken: set[int], limit: int | None) -> int:
    """The lowest number that is free.

    Raises:
        UsedUp: as many as the limit are taken.
    """
    if limit is not None and len(taken) >= limit:
        raise UsedUp
    return next(number for number in range(1, len(taken) + 2) if number not in taken)


def taken_off(price_cents: int, off_cents: int) -> int:
    """Never below nothing."""
    return min(price_cents, off_cents)
