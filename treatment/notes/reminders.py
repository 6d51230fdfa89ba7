"""Therapists are reminded of notes that are not signed: after a day, and after three.

One message a day for each, with the count only: it says nothing of anybody.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic import access
from clinic import selectors as clinic_selectors
from clinic.messaging import links, outbox
from clinic.models import Therapist
from treatment.notes import selectors

AFTER = (timedelta(hours=24), timedelta(hours=72))
MORNING = time(8)  # at the clinic: what came due in the day before it is due once


def remind() -> int:
    """Queue what is due; how many messages that is."""
    now = timezone.now()
    zone = clinic_selectors.location().zone
    today = now.astimezone(zone).date()
    until = datetime.combine(today, MORNING, zone)
    since = datetime.combine(today - timedelta(days=1), MORNING, zone)
    if now < until:
        return 0
    queued = 0
    for therapist in _therapists():
        ended = [visit.stopped_at for visit in selectors.unsigned(therapist)]
        due = [at + after for at in ended if at for after in AFTER]
        count = sum(since < moment <= until for moment in due)
        if count and therapist.user:
            queued += bool(
                outbox.queue(
                    kind="notes",
                    key=f"notes-to-sign:{therapist.pk}:{today}",
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


def _therapists() -> list[Therapist]:
    """Those who have a day of their own to open."""
    logins = Therapist.objects.filter(user__is_active=True).select_related("user")
    return [one for one in logins if access.is_therapist(one.user)]


def _lead(count: int) -> str:
    text = ngettext(
        "One session of yours has no signed note yet.",
        "%(count)d sessions of yours have no signed note yet.",
        count,
    )
    return text % {"count": count}
