"""The link of a message with which one visit can be moved or cancelled, once, without signing in.

Signed: which visit, and the SEQUENCE it had when the message was written. Every move and every
cancellation raises the sequence, so a link that has been used fits nothing any more.
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
    code = "link_unknown"
    message = _("This link is not complete. Open it from the e-mail once more, or call us.")


class LinkUsed(DomainError):
    code = "link_used"
    message = _("This link has been used. The newest one is in your latest e-mail.")


class LinkOver(DomainError):
    code = "link_over"
    message = _("The time of this visit has come, so the link is over. Please call us.")


def token_of(appointment: Appointment) -> str:
    return SIGNER.sign(f"{appointment.pk.hex}-{appointment.sequence}")


def path(appointment: Appointment) -> str:
    return reverse("booking:link", args=[token_of(appointment)])


def find(token: str) -> Appointment:
    """The visit that a link may still change.

    Raises:
        LinkUnknown: not one of ours.
        LinkUsed: the visit was moved or cancelled since.
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
