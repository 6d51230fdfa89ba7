"""The link in a message that can move or cancel one visit, once, without signing in.

Signed: which visit, and the SEQUENCE it had when the message was written. Every move and every
cancellation raises the sequence, so a used link no longer matches.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.core import signing
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.models import AppointmentStatus
from clinic.errors import DomainError

if TYPE_CHECKING:
    from booking.models import Appointment

SIGNER = signing.Signer(salt="booking.visit-link", sep=".")


class LinkUnknown(DomainError):
    message = _("This link is incomplete. Open it from the e-mail again, or call us.")


class LinkUsed(DomainError):
    message = _("This link has been used. Use the one in your latest e-mail.")


class LinkOver(DomainError):
    message = _("This visit's time has come, so the link no longer works. Please call us.")


def token_of(appointment: Appointment) -> str:
    return SIGNER.sign(f"{appointment.pk.hex}-{appointment.sequence}")


def path(appointment: Appointment) -> str:
    return reverse("booking:link", args=[token_of(appointment)])


def find(token: str) -> Appointment:
    """The visit that a link may still change.

    Raises:
        LinkUnknown: not one of ours.
        LinkUsed: the visit has since been moved or canceled.
        LinkOver: it has begun, or is over.
    """
    try:
        pk, _dash, sequence = SIGNER.unsign(token).partition("-")
        found = selectors.appointments().filter(pk=UUID(pk)).first()
    except (signing.BadSignature, ValueError):
        raise LinkUnknown from None
    if found is None:
        raise LinkUnknown
    if found.sequence != int(sequence) or found.status == AppointmentStatus.CANCELLED:
        raise LinkUsed
    if found.status != AppointmentStatus.BOOKED or found.starts_at <= timezone.now():
        raise LinkOver
    return found
