"""What a visit's pages say of the other visit of a couple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from booking.couples import pairs
from clinic import access

if TYPE_CHECKING:
    from django.template.context import RequestContext

    from booking.models import Appointment

register = template.Library()


@register.inclusion_tag("booking/couples/_together.html", takes_context=True)
def together(
    context: RequestContext, appointment: Appointment, *, desk: bool = False, ways: bool = True
) -> dict[str, Any]:
    """Who comes along, and the ways to change both; nothing for who comes alone."""
    partner = pairs.partner_of(appointment) if appointment.is_open else None
    user = context["request"].user
    client = partner.client if partner else None
    speaks = desk or (client is not None and access.may_act_for(user, client))
    return {
        "appointment": appointment,
        "partner": partner,
        "desk": desk,
        "ways": ways and speaks and partner is not None and partner.is_upcoming,
    }
