"""Reads of the waitlist: who waits, for what, and which free times fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from booking import selectors
from booking.availability import seconds
from booking.models import FREE, Appointment, AppointmentStatus, WaitlistEntry, WaitlistOffer
from booking.waitlist import matching
from booking.waitlist.matching import Cover, Terms, Wish
from clinic import selectors as ground
from prescriptions import authorization
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from booking.availability import Opening
    from clinic.models import Client, Location

STRIKES = 3  # offers that run out unanswered take an entry off the list
OPEN = WaitlistOffer.Status.OPEN


def entries() -> QuerySet[WaitlistEntry]:
    """First come first, with the names that pages show and each one's open offer; two queries."""
    offers = WaitlistOffer.objects.filter(status=OPEN).select_related("therapist")
    return (
        WaitlistEntry.objects.select_related("client", "therapist", "location", "option__service")
        .prefetch_related(Prefetch("offers", offers, to_attr="open_offers"))
        .order_by("created_at", "pk")
    )


def waiting() -> QuerySet[WaitlistEntry]:
    return entries().filter(status=WaitlistEntry.Status.WAITING)


def of_client(client: Client) -> QuerySet[WaitlistEntry]:
    return waiting().filter(client=client)


def closed(client: Client) -> QuerySet[WaitlistEntry]:
    """What became of the earlier ones, newest first."""
    over = entries().filter(client=client).exclude(status=WaitlistEntry.Status.WAITING)
    return over.order_by("-updated_at")


def offers() -> QuerySet[WaitlistOffer]:
    return WaitlistOffer.objects.select_related(
        "entry__client__user", "entry__option__service", "entry__location", "therapist"
    )


def lapsed(now: datetime) -> QuerySet[WaitlistOffer]:
    return offers().filter(status=OPEN, expires_at__lte=now)


def outdated(found: Sequence[WaitlistEntry], now: datetime) -> dict[WaitlistEntry, str]:
    """Entries that have nothing more to wait for, with what they came to; two queries."""
    status = WaitlistEntry.Status
    ended: dict[WaitlistEntry, str] = {}
    tired = set(
        WaitlistEntry.objects.filter(pk__in=[entry.pk for entry in found])
        .annotate(missed=Count("offers", filter=Q(offers__status="expired")))
        .filter(missed__gte=STRIKES)
        .values_list("pk", flat=True)
    )
    have = _booked_since(found)
    for entry in found:
        if any(_is_what_was_waited_for(entry, visit) for visit in have.get(entry.client_id, [])):
            ended[entry] = status.BOOKED
        elif entry.last_day < timezone.localdate(now, entry.location.zone):
            ended[entry] = status.EXPIRED
        elif entry.pk in tired:
            ended[entry] = status.UNANSWERED
    return ended


def terms_of(location: Location, now: datetime) -> Terms:
    policy = selectors.policy_of(location)
    return Terms(
        zone=location.zone,
        now=seconds(now),
        notice=policy.min_notice,
        keeps=policy.offer_minutes,
        lead=policy.prescription_lead,
    )


def wishes(found: Sequence[WaitlistEntry], now: datetime) -> list[Wish]:
    """The same line for the pure core; five queries however long it is."""
    people = {entry.client_id for entry in found}
    visits = Appointment.objects.filter(client__in=people, ends_at__gt=now).order_by()
    busy: dict[UUID | None, list[tuple[int, int]]] = {}
    given_up: dict[UUID | None, set[int]] = {}
    for client_id, status, start, end in visits.values_list(
        "client_id", "status", "starts_at", "ends_at"
    ):
        if status in FREE:
            given_up.setdefault(client_id, set()).add(seconds(start))
        elif status != AppointmentStatus.HELD:
            busy.setdefault(client_id, []).append((seconds(start), seconds(end)))
    refused: dict[UUID, set[int]] = {}
    served: set[UUID] = set()
    earlier = WaitlistOffer.objects.filter(entry__client__in=people, starts_at__gt=now)
    for entry_id, client_id, status, start in earlier.values_list(
        "entry_id", "entry__client_id", "status", "starts_at"
    ):
        refused.setdefault(entry_id, set()).add(seconds(start))
        if status == OPEN:
            served.add(client_id)
    cover = covers({entry.client_id for entry in found if entry.option.service.needs_prescription})
    return [
        replace(
            _bare(entry),
            busy=tuple(busy.get(entry.client_id, ())),
            refused=frozenset(refused.get(entry.pk, set()) | given_up.get(entry.client_id, set())),
            cover=cover[entry.client_id] if entry.option.service.needs_prescription else None,
            has_offer=entry.client_id in served,
        )
        for entry in found
    ]


def covers(people: set[UUID]) -> dict[UUID, Cover]:
    if not people:
        return {}
    in_review = set(
        Prescription.objects.filter(
            client__in=people, status=Prescription.Status.SUBMITTED
        ).values_list("client_id", flat=True)
    )
    return {
        client_id: Cover(
            tuple(
                (known.starts_on, known.through_on)
                for known in approved
                if known.starts_on and known.through_on and authorization.bookable(known) > 0
            ),
            may_follow=not approved or client_id in in_review,
        )
        for client_id, approved in prescriptions.coverage(people).items()
    }


def free(found: Iterable[WaitlistEntry], now: datetime) -> dict[UUID, list[Opening]]:
    """What is free of each session that is waited for, in the days it is waited for."""
    days: dict[UUID, tuple[date, date]] = {}
    options = {}
    for entry in found:
        first, last = days.get(entry.option_id, (entry.first_day, entry.last_day))
        days[entry.option_id] = min(first, entry.first_day), max(last, entry.last_day)
        options[entry.option_id] = entry.option
    bookable = set(selectors.bookable_options().values_list("pk", flat=True))
    return {
        pk: selectors.free_times(option=options[pk], start=first, end=last, now=now).openings
        for pk, (first, last) in days.items()
        if pk in bookable
    }


def free_for(entry: WaitlistEntry, now: datetime) -> list[Opening]:
    """The free times that fit one entry, saved or not."""
    (wish,) = wishes([entry], now)
    found = free([entry], now).get(entry.option_id, [])
    return matching.fitting(wish, found, terms_of(entry.location, now))


def ahead(found: Sequence[WaitlistEntry]) -> dict[UUID, int]:
    """How many of the whole line come before each, of those who may want the same time."""
    line = [_bare(entry) for entry in waiting()]
    places = {wish.entry_id: place for place, wish in enumerate(line)}
    return {
        entry.pk: sum(
            matching.compete(line[places[entry.pk]], other)
            for other in line[: places[entry.pk]]
            if other.client_id != entry.client_id
        )
        for entry in found
        if entry.pk in places
    }


def _bare(entry: WaitlistEntry) -> Wish:
    """What they wait for, without what may stand in its way."""
    return Wish(
        entry_id=entry.pk,
        client_id=entry.client_id,
        option_id=entry.option_id,
        minutes=entry.option.minutes,
        first=entry.first_day,
        last=entry.last_day,
        hours=entry.hours,
        therapist_id=entry.therapist_id,
    )


def here() -> Location:
    return ground.location()


def _booked_since(found: Sequence[WaitlistEntry]) -> dict[UUID | None, list[Appointment]]:
    if not found:
        return {}
    since = min(entry.created_at for entry in found)
    visits = (
        Appointment.objects.agreed()
        .filter(client__in={entry.client_id for entry in found})
        .filter(Q(booked_at__gt=since) | Q(sequence__gt=0, updated_at__gt=since))
        .exclude(status__in=FREE)
        .select_related("location")
    )
    by_client: dict[UUID | None, list[Appointment]] = {}
    for visit in visits:
        by_client.setdefault(visit.client_id, []).append(visit)
    return by_client


def _is_what_was_waited_for(entry: WaitlistEntry, visit: Appointment) -> bool:
    """Booked, or moved, into the days since they joined; what they had before does not count."""
    if visit.option_id != entry.option_id:
        return False
    new = visit.booked_at is not None and visit.booked_at > entry.created_at
    moved = visit.sequence > 0 and visit.updated_at > entry.created_at
    return (new or moved) and entry.first_day <= visit.local_date <= entry.last_day
