"""The other sessions of a day: of the same therapist, and in the same room."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from clinic import access
from treatment.models import Visit
from treatment.plausibility import Neighbor

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import Therapist, User
    from treatment.plausibility import Times

DAY = timedelta(days=1)  # longer than any session


def of(visit: Visit, therapist: Therapist, times: Times, *, reader: User) -> list[Neighbor]:
    """Recorded or in progress, near these times; in two queries.

    Couples share a room, so the partner is no neighbor there. Names are of clients whose record
    the reader may open.
    """
    appointment = visit.appointment
    here = Q(therapist=therapist) | Q(appointment__room=appointment.room_id)
    found = (
        Visit.objects.filter(here, started_at__isnull=False)
        .exclude(pk=visit.pk)
        .exclude(status=Visit.Status.ARRIVED)
        .filter(started_at__gt=times.started_at - DAY, started_at__lt=times.stopped_at)
        .select_related("therapist", "appointment__client", "appointment__option")
        .order_by("started_at", "pk")
    )
    rows = list(found)
    clients = {row.appointment.client_id for row in rows}
    seen = access.clients_seen_by(reader).filter(pk__in=clients)
    known = set(seen.values_list("pk", flat=True)) if rows else set()
    now = timezone.now()
    return [
        Neighbor(
            started_at=row.started_at,
            stopped_at=_until(row, now),
            client=_name(row) if row.appointment.client_id in known else "",
            therapist=row.therapist.name,
            in_progress=row.status == Visit.Status.IN_PROGRESS,
            same_therapist=row.therapist_id == therapist.pk,
            same_room=row.appointment.room_id == appointment.room_id
            and row.appointment.party != appointment.party,
        )
        for row in rows
        if row.started_at is not None
    ]


def _until(visit: Visit, now: datetime) -> datetime:
    """When a session stopped; one in progress: now, or its booked length if that is over."""
    if visit.status == Visit.Status.FINISHED and visit.stopped_at is not None:
        return visit.stopped_at
    booked = timedelta(minutes=visit.appointment.option.minutes)
    return min(now, (visit.started_at or now) + booked)


def _name(visit: Visit) -> str:
    client = visit.appointment.client
    return client.name if client is not None else ""
