"""Which session is meant until somebody says otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count
from django.utils import timezone

from booking.models import Appointment

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinic.models import Client, ServiceOption

LATELY = timedelta(days=60)


def usual(options: Sequence[ServiceOption], client: Client | None = None) -> ServiceOption | None:
    """What this client booked last; else what was booked most often lately.

    For somebody who was never here nothing that a prescription has to be there for.
    """
    made = Appointment.objects.agreed().filter(option__in=options).order_by()
    if client is not None:
        last = made.filter(client=client).order_by("-starts_at").values_list("option").first()
        if last is not None:
            return next((option for option in options if option.pk == last[0]), None)
        options = [option for option in options if not option.service.needs_prescription]
    recent = made.filter(starts_at__gte=timezone.now() - LATELY)
    number = dict(recent.values_list("option").annotate(number=Count("pk")))
    return max(options, key=lambda option: number.get(option.pk, 0), default=None)
