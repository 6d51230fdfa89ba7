"""Reads about what is asked after visits."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from clinic.models import Service
from treatment.followups import rules
from treatment.models import FollowUp, FollowUpChoice, Visit

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from django.db.models import QuerySet

    from clinic.models import Client, Therapist
    from treatment.followups.rules import Told

ON_THE_DAY = timedelta(days=30)  # how long a high score stands on the therapist's day
IN_THE_ROOM = (Visit.Status.IN_PROGRESS, Visit.Status.FINISHED)


def choice_of(client: Client) -> FollowUpChoice | None:
    """What the client said last, by whom."""
    return client.follow_up_choices.select_related("by").order_by("-at").first()


def is_asked(client: Client) -> bool:
    choice = choice_of(client)
    return choice is not None and choice.is_asked


def to_ask() -> QuerySet[Visit]:
    """Finished visits of those who agreed, with none since; consultations are not asked about."""
    newest = FollowUpChoice.objects.filter(client=OuterRef("appointment__client"))
    since = Visit.objects.filter(
        appointment__client=OuterRef("appointment__client"),
        appointment__starts_at__gt=OuterRef("appointment__starts_at"),
        status__in=IN_THE_ROOM,
    )
    return (
        Visit.objects.filter(status=Visit.Status.FINISHED)
        .exclude(appointment__option__service__kind=Service.Kind.CONSULTATION)
        .annotate(agreed=Subquery(newest.order_by("-at").values("is_asked")[:1]))
        .filter(~Exists(since), agreed=True)
        .select_related("appointment__client", "appointment__location")
    )


def ended_lately(now: datetime) -> QuerySet[Visit]:
    """Of those to ask, the ones that a message may be due for."""
    first, last = timedelta(hours=rules.HOURS[0]), timedelta(hours=rules.HOURS[-1])
    times = {"stopped_at__lte": now - first, "stopped_at__gt": now - last - rules.ON_TIME}
    return to_ask().filter(**times).prefetch_related("follow_ups").order_by("stopped_at")


def last_visit(client: Client) -> Visit | None:
    """A client's last treatment, if that is not long ago: what they may tell about unasked."""
    return (
        Visit.objects.filter(appointment__client=client.pk, status=Visit.Status.FINISHED)
        .exclude(appointment__option__service__kind=Service.Kind.CONSULTATION)
        .select_related("appointment__location")
        .filter(stopped_at__gt=timezone.now() - rules.TELLABLE)
        .order_by("-appointment__starts_at")
        .first()
    )


def today_at(visit: Visit) -> date:
    return timezone.localdate(timezone=visit.appointment.location.zone)


def told_today(visit: Visit) -> FollowUp | None:
    return FollowUp.objects.filter(visit=visit, hours=0, on=today_at(visit)).first()


def told_of(visit: Visit, rows: Iterable[FollowUp], known_by: date | None = None) -> list[Told]:
    """The answers about a session, up to a day; those of one that was taken back are left out."""
    zone = visit.appointment.location.zone
    told = [
        rules.Told(one.relief, one.relief_at.astimezone(zone).date(), one.hours)
        for one in rows
        if one.relief_at is not None and visit.stopped_at and one.relief_at >= visit.stopped_at
    ]
    return [one for one in told if known_by is None or one.on <= known_by]


def scores_of(
    visit: Visit, rows: Iterable[FollowUp], known_by: date | None = None
) -> list[tuple[date, int]]:
    """Pain after a visit as it was told from home, the last of each day, in order."""
    zone, ended, last = visit.appointment.location.zone, visit.stopped_at, {}
    answered = [one for one in rows if one.pain_at and ended and one.pain_at >= ended]
    for one in sorted(answered, key=lambda one: one.pain_at or one.created_at):
        day = timezone.localdate(one.pain_at, zone)
        score = rules.score(one.pain)
        if score is not None and (known_by is None or day <= known_by):
            last[day] = score
    return list(last.items())


def high(therapist: Therapist) -> list[FollowUp]:
    """Answers of clients in much pain that their therapist has not looked at, newest first.

    The score is encrypted, so it is read here and not by the database.
    """
    answered = (
        FollowUp.objects.filter(
            visit__therapist=therapist,
            visit__status=Visit.Status.FINISHED,
            pain_at__gt=timezone.now() - ON_THE_DAY,
            looked_at=None,
        )
        .select_related("visit__appointment__client", "visit__appointment__location")
        .order_by("-pain_at")
    )
    return [one for one in answered if (rules.score(one.pain) or 0) >= rules.HIGH]


def about_a_clients(client: Client) -> QuerySet[FollowUp]:
    rows = FollowUp.objects.filter(visit__appointment__client=client.pk)
    return rows.order_by("created_at")
