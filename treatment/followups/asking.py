"""The messages after visits, and their links: a day after, and three. They say nothing of health.

A link has a key of 256 bits, of which only the hash is kept (`clinic.messaging.links`). It opens
the questions about one visit for two weeks, and nothing else.
"""

from __future__ import annotations

from secrets import token_urlsafe
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.messaging import links, outbox
from clinic.people import services as people
from treatment.followups import rules, selectors
from treatment.followups.errors import LinkOver
from treatment.followups.services import KIND
from treatment.models import FollowUp, Visit

if TYPE_CHECKING:
    from uuid import UUID

KEY_BYTES = 32


def ask() -> int:
    """Queue what is due; how many messages that is. Who is called is not asked."""
    now, queued = timezone.now(), 0
    for visit in selectors.ended_lately(now):
        known = {one.hours for one in visit.follow_ups.all()}
        hours = _due(visit)
        if hours and hours not in known and _address(visit):
            queued += _ask(visit.pk, hours)
    return queued


def _due(visit: Visit) -> int | None:
    if visit.stopped_at is None:
        return None
    return rules.due(visit.stopped_at, timezone.now(), visit.appointment.location.zone)


def _address(visit: Visit) -> str:
    client = visit.appointment.client
    if client is None:
        return ""
    address = people.notify_address(client)
    return address if outbox.is_written_to(client, address) else ""


@transaction.atomic
def _ask(pk: UUID, hours: int) -> bool:
    """Under the visit's lock: a taking back, or another beat, comes before or after."""
    locked = selectors.to_ask().select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()
    if locked is None or locked.follow_ups.filter(hours=hours).exists():
        return False
    token = token_urlsafe(KEY_BYTES)
    now = timezone.now()
    FollowUp.objects.create(
        visit=locked,
        hours=hours,
        on=selectors.today_at(locked),
        token_sha256=links.hashed(token),
        expires_at=now + rules.LIFE,
    )
    client = locked.appointment.client
    message = outbox.queue(
        kind=KIND,
        key=f"{KIND}:{pk}:{hours}",
        recipient=_address(locked),
        subject=_("Two short questions after your visit"),
        template="messages/follow_up.txt",
        context={
            "first_name": client.first_name if client else "",
            "location": locked.appointment.location,
            "url": links.absolute(reverse("treatment:after", args=[token])),
        },
        client=client,
        about=pk,
        expires_at=now + rules.ON_TIME,
    )
    return message is not None


def find(token: str) -> FollowUp:
    """What a link opens.

    Raises:
        Http404: not one of ours.
        LinkOver: it has expired, or the visit did not take place after all.
    """
    rows = FollowUp.objects.select_related("visit__appointment__client")
    found = rows.select_related("visit__appointment__location").filter(
        token_sha256=links.hashed(token)
    )
    follow_up = found.first()
    if follow_up is None:
        raise Http404
    over = follow_up.expires_at is None or follow_up.expires_at <= timezone.now()
    if over or follow_up.visit.status != Visit.Status.FINISHED:
        raise LinkOver
    return follow_up
