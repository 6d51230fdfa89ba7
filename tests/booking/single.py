"""The services take a party; most tests ask them for one visit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from booking.visits import services

if TYPE_CHECKING:
    from booking.models import Appointment
    from clinic.models import Client


def hold(**asked: Any) -> Appointment:
    (held,) = services.hold(**asked)
    return held


def book(*, client: Client, **asked: Any) -> Appointment:
    (made,) = services.book(clients=[client], **asked)
    return made


def book_for_desk(*, client: Client, **asked: Any) -> Appointment:
    (made,) = services.book_for_desk(clients=[client], **asked)
    return made


def reschedule(*, appointment: Appointment, **asked: Any) -> Appointment:
    (moved,) = services.reschedule(party=[appointment], **asked)
    return moved


def cancel(*, appointment: Appointment, **asked: Any) -> Appointment:
    (cancelled,) = services.cancel(party=[appointment], **asked)
    return cancelled
