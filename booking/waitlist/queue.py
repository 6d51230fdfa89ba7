"""The waitlist, read: who waits, for what, and which free times fit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import Count, Prefetch, Q
from django.utils import timezone

from booking import selectors
from booking.models import FREE, Appointment, AppointmentStatus, WaitlistEntry, WaitlistOffer
from booking.times import search
from booking.times.availability import Opening, seconds
from booking.waitlist import matching
from booking.waitlist.matching import Cover, OfferRules, QueuePlace
from clinic import selectors as clinic_selectors
from prescriptions import authorization
from prescriptions import selectors as prescriptions
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

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
    """How the earlier ones ended, newest first."""
    over = entries().filter(client=client).exclude(status=WaitlistEntry.Status.WAITING)
    return over.order_by("-updated_at")


def offers() -> QuerySet[WaitlistOffer]:
    return WaitlistOffer.objects.select_related(
        "entry__client__user", "entry__option__service", "entry__location", "therapist"
    )


def lapsed(now: datetime) -> QuerySet[WaitlistOffer]:
    return offers().filter(status=OPEN, expires_at__lte=now)


def outdated(found: Sequence[WaitlistEntry], now: datetime) -> dict[WaitlistEntry, str]:
    """Entries with nothing left to wait for, and how they ended; two queries."""
    status = WaitlistEntry.Status
    ended: dict[WaitlistEntry, str] = {}
    unanswered = set(
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
        elif entry.pk in unanswered:
            ended[entry] = status.UNANSWERED
    return ended


def rules_of(location: Location, now: datetime) -> OfferRules:
    policy = selectors.policy_of(location)
    return OfferRules(
        zone=location.zone,
        now=seconds(now),
        notice=policy.min_notice,
        offer_minutes=policy.offer_minutes,
        prescription_lead=policy.prescription_lead,
    )


def places(found: Sequence[WaitlistEntry], now: datetime) -> list[QueuePlace]:
    """The same queue for the pure core; five queries however long it is."""
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
            wish(entry),
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
    submitted = Prescription.objects.filter(status=Prescription.Status.SUBMITTED)
    in_review = set(submitted.filter(client__in=people).values_list("client_id", flat=True))
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
    """Free times for each session someone waits for, within the days they wait for."""
    days: dict[UUID, tuple[date, date]] = {}
    options = {}
    for entry in found:
        first, last = days.get(entry.option_id, (entry.first_day, entry.last_day))
        days[entry.option_id] = min(first, entry.first_day), max(last, entry.last_day)
        options[entry.option_id] = entry.option
    bookable = set(selectors.bookable_options().values_list("pk", flat=True))
    return {
        pk: search.free_times(option=options[pk], start=first, end=last, now=now).openings
        for pk, (first, last) in days.items()
        if pk in bookable
    }


def free_for(entry: WaitlistEntry, now: datetime) -> list[Opening]:
    """The free times that fit one entry, saved or not."""
    (place,) = places([entry], now)
    found = free([entry], now).get(entry.option_id, [])
    return matching.fitting(place, found, rules_of(entry.location, now))


def wished(
    entry: WaitlistEntry, start: datetime, therapist_ids: Iterable[UUID]
) -> tuple[UUID, ...]:
    """Who of these could give what they wait for then; no one: they asked for another time."""
    opening = Opening(seconds(start), tuple(therapist_ids))
    return matching.fits(wish(entry), opening, rules_of(entry.location, timezone.now()))


def ahead(found: Sequence[WaitlistEntry]) -> dict[UUID, int]:
    """How many in the queue come before each entry and may want the same time."""
    earlier: list[QueuePlace] = []
    counts: dict[UUID, int] = {}
    wanted = {entry.pk for entry in found}
    for place in map(wish, waiting()):
        if place.entry_id in wanted:
            others = (other for other in earlier if other.client_id != place.client_id)
            counts[place.entry_id] = sum(matching.compete(place, other) for other in others)
        earlier.append(place)
    return counts


def wish(entry: WaitlistEntry) -> QueuePlace:
    """What they wait for, ignoring what may conflict with it."""
    return QueuePlace(
        entry_id=entry.pk,
        client_id=entry.client_id,
        option_id=entry.option_id,
        minutes=entry.option.minutes,
        first=entry.first_day,
        last=entry.last_day,
        hours=entry.hours,
        therapist_id=entry.therapist_id,
    )


def location() -> Location:
    return clinic_selectors.location()


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
    """Booked or moved into those days since they joined; earlier visits do not count."""
    if visit.option_id != entry.option_id:
        return False
    new = visit.booked_at is not None and visit.booked_at > entry.created_at
    moved = visit.sequence > 0 and visit.updated_at > entry.created_at
    return (new or moved) and entry.first_day <= visit.local_date <= entry.last_day
