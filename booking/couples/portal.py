"""What clients do with a couple's two visits at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from booking import selectors
from booking.couples import both, pairs
from clinic import access

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment


@require_http_methods(["GET", "HEAD", "POST"])
def move(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    return both.move(request, appointment, layout=both.PORTAL, back=_back(appointment))


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = _mine(request, appointment_id)
    return both.cancel_as_client(request, appointment, back=_back(appointment))


def _mine(request: HttpRequest, pk: UUID) -> Appointment:
    """A visit of this login whose other half is this login's as well."""
    appointment = access.mine(request, selectors.appointments(), pk)
    for one in pairs.of(appointment) or ():
        if one.client is None or not access.may_act_for(request.user, one.client):
            raise Http404
    return appointment


def _back(appointment: Appointment) -> str:
    return reverse("booking:visit-detail", args=[appointment.pk])
