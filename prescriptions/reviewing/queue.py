"""Booking tells the queue here which visit is waiting for a prescription."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db import transaction

from prescriptions.models import Prescription
from prescriptions.selectors import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID


@transaction.atomic
def mark_needed(soonest: Mapping[UUID, date]) -> int:
    """Record the next waiting visit by client; a client who is not given has none.

    Only changes are written, and a row that a reviewer is deciding right now is skipped: it is
    done, or the next run finds it. Returns how many were written.
    """
    undecided = Prescription.objects.filter(status__in=UNDECIDED)
    stale: dict[date | None, list[UUID]] = defaultdict(list)
    for pk, client, known in undecided.values_list("pk", "client", "needed_on"):
        day = soonest.get(client)
        if day != known:
            stale[day].append(pk)
    written = 0
    for day, pks in stale.items():
        free = undecided.filter(pk__in=pks).select_for_update(skip_locked=True, no_key=True)
        locked = list(free.values_list("pk", flat=True))
        rows = Prescription.objects.filter(pk__in=locked)
        # `updated_at` stays as is: it says when the client was asked.
        written += rows.update(needed_on=day)
    return written
