"""Therapists are reminded of notes that are not signed: after a day, and after three.

One message a day for each, with the count only: it says nothing of anybody.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import selectors as clinic_selectors
from clinic.messaging import links, outbox
from clinic.models import Therapist
from treatment.notes import selectors

if TYPE_CHECKING:
    from datetime import datetime

AFTER = (timedelta(hours=24), timedelta(hours=72))
SPAN = timedelta(days=1)  # a message each day: what is due in it is due once
FROM_HOUR = 8  # at the clinic; nobody is written to at night


def remind() -> int:
    """Queue what is due; how many messages that is."""
    now = timezone.now()
    local = now.astimezone(clinic_selectors.location().zone)
    if local.hour < FROM_HOUR:
        return 0
    queued = 0
    for therapist in Therapist.objects.filter(user__is_active=True).select_related("user"):
        ended = [visit.stopped_at for visit in selectors.unsigned(therapist)]
        count = sum(_is_due(stopped_at, now) for stopped_at in ended if stopped_at)
        if count and therapist.user:
            queued += bool(
                outbox.queue(
                    kind="notes",
                    key=f"notes-to-sign:{therapist.pk}:{local.date()}",
                    recipient=therapist.user.email,
                    subject=_("Notes to sign"),
                    template="messages/notes_to_sign.txt",
                    context={
                        "lead": _lead(count),
                        "url": links.absolute(reverse("treatment:today")),
                    },
                )
            )
    return queued


def _is_due(stopped_at: datetime, now: datetime) -> bool:
    return any(after <= now - stopped_at < after + SPAN for after in AFTER)


def _lead(count: int) -> str:
    text = ngettext(
        "One session of yours has no signed note yet.",
        "%(count)d sessions of yours have no signed note yet.",
        count,
    )
    return text % {"count": count}
