"""What a visit's pages say about the other visit of a couple."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from booking.visits import parties
from clinic import access

if TYPE_CHECKING:
    from django.template.context import RequestContext

    from booking.models import Appointment

register = template.Library()


@register.inclusion_tag("booking/visits/_together.html", takes_context=True)
def together(
    context: RequestContext, appointment: Appointment, *, desk: bool = False, ways: bool = True
) -> dict[str, Any]:
    """Who comes along, and the links to change both; nothing for a single visit."""
    partner = parties.partner_of(appointment) if appointment.is_open else None
    user = context["request"].user
    client = partner.client if partner else None
    speaks = desk or (client is not None and access.may_act_for(user, client))
    return {
        "appointment": appointment,
        "partner": partner,
        "desk": desk,
        "ways": ways and speaks and partner is not None and partner.is_upcoming,
    }
