"""Waiting for a time to open up. A freed time is offered to the first in line it fits.

An offer is a hold in the diary, so it is exclusive by construction; a trigger ends it when its
hold is deleted, however that happens. Lock order: therapist, room, client, appointment, offer,
entry; prescriptions before all of them.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from booking import selectors
from booking.errors import HoldLapsed, NotBookable, SlotTaken
from booking.models import Appointment, AppointmentStatus, WaitlistEntry, WaitlistOffer
from booking.times import search
from booking.times.availability import moment
from booking.visits import minors, past_order, placement, services
from booking.waitlist import matching, queue
from booking.waitlist.errors import (
    AlreadyWaiting,
    FreeAlready,
    NotWhatTheyAskedFor,
    OfferOver,
    OfferPastOrder,
    OfferUnderWay,
    ReasonMissing,
    WrongDates,
)
from clinic import access
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.errors import DomainError, InvalidTransition
from clinic.format import when
from clinic.messaging import outbox
from clinic.messaging.links import absolute
from clinic.models import Client, User
from clinic.people import services as people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from booking.times.availability import Instant, Opening
    from clinic.models import ServiceOption, Therapist

    Actor = User | AnonymousUser | None

logger = logging.getLogger(__name__)

OFFER = "booking.offer"
Waits, Offered = WaitlistEntry.Status, WaitlistOffer.Status
MOST_DECLINED = 40  # the most free times a client may decline at once
BATCH = 20  # offers a sweep makes at most; the next one goes on
QUEUE = 7_215_003  # the advisory lock for deciding who is next


def join(
    *,
    actor: Actor,
    client: Client,
    option: ServiceOption,
    first_day: date,
    last_day: date,
    therapist: Therapist | None = None,
    part_of_day: str = WaitlistEntry.PartOfDay.ANY,
    none_suits: bool = False,
) -> WaitlistEntry:
    """Join the queue. `none_suits` declines the times that are free right now.

    Raises:
        NotBookable: no such session is offered.
        WrongDates: past, too far ahead, or in the wrong order.
        FreeAlready: there is no need to wait; carries the free times.
        AlreadyWaiting: the client is already waiting for this session.
        NeedsGuardian: a minor's own login.
    """
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable
    entry = WaitlistEntry(
        client=client,
        location=queue.location(),
        option=option,
        therapist=therapist,
        first_day=first_day,
        last_day=last_day,
        part_of_day=part_of_day,
        added_by=actor if isinstance(actor, User) else None,
    )
    _expect_ahead(entry)
    minors.expect_guarded(actor, client, entry.first_day)
    if WaitlistEntry.objects.filter(client=client, option=option, status=Waits.WAITING).exists():
        raise AlreadyWaiting
    free = queue.free_for(entry, timezone.now())
    if free and not (none_suits and len(free) <= MOST_DECLINED):
        raise FreeAlready(free)
    return _joined(actor, entry, free)


def _expect_ahead(entry: WaitlistEntry) -> None:
    """The days must be ahead and in order; those already past do not count."""
    today = timezone.localdate(timezone=entry.location.zone)
    horizon = today + timedelta(days=selectors.policy_of(entry.location).horizon_days)
    if not today <= entry.last_day <= horizon or entry.last_day < entry.first_day:
        raise WrongDates(horizon)
    entry.first_day = max(entry.first_day, today)


@transaction.atomic
def _joined(actor: Actor, entry: WaitlistEntry, declined: list[Opening]) -> WaitlistEntry:
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:  # two clicks
        if placement.violated(error) == "waitlist_once_per_session":
            raise AlreadyWaiting from None
        raise
    WaitlistOffer.objects.bulk_create(
        WaitlistOffer(
            entry=entry,
            starts_at=moment(opening.start),
            therapist_id=opening.therapist_ids[0],
            expires_at=timezone.now(),
            status=Offered.DECLINED,
        )
        for opening in declined
    )
    audit.record(actor, "waitlist.joined", entry)
    return entry


def leave(*, actor: Actor, entry: WaitlistEntry) -> None:
    """Leave the list; a time held for the entry goes to the next in queue.

    Raises:
        InvalidTransition: it is already off the list.
    """
    if not _close(actor, entry, Waits.WITHDRAWN):
        raise InvalidTransition


def decline(*, actor: Actor, offer: WaitlistOffer) -> None:
    """Decline this time; the place in line stays.

    Raises:
        OfferOver: it was taken, declined, or has run out.
    """
    with transaction.atomic():
        if not _end(_known(actor, offer), offer, Offered.DECLINED):
            raise OfferOver
    enqueue_offers()


def accept(*, actor: Actor, offer: WaitlistOffer) -> Appointment:
    """Book the held time. A second click finds the visit that the first one made.

    Anyone with the link has the mailbox it was sent to, so it acts for that login.

    Raises:
        OfferOver: it was declined, has run out, or is no longer available.
        AlreadyBooked: the client has a visit at that time.
        NeedsGuardian: a minor's own mailbox; the time stays held for the adult who acts for them.
    """
    try:
        return _accept(_known(actor, offer), offer)
    except SlotTaken:  # hours or time off have changed since it was offered
        with transaction.atomic():
            _end(None, offer, Offered.EXPIRED)
        raise OfferOver from None
    except (OfferOver, HoldLapsed):
        fresh = WaitlistOffer.objects.get(pk=offer.pk)
        if fresh.status != Offered.TAKEN or fresh.appointment_id is None:
            raise OfferOver from None
        return selectors.appointments().get(pk=fresh.appointment_id)


@transaction.atomic
def _accept(actor: User | None, offer: WaitlistOffer) -> Appointment:
    fresh = queue.offers().select_related("appointment").get(pk=offer.pk)
    held = fresh.appointment
    if fresh.status != Offered.OPEN or fresh.expires_at <= timezone.now():
        raise OfferOver
    if held is None or held.hold_token is None:  # a CHECK says that an open offer has both
        raise OfferOver
    minors.expect_guarded(actor, fresh.entry.client, held.local_date)
    (made,) = services.book(actor=actor, hold_token=held.hold_token, clients=[fresh.entry.client])
    now = timezone.now()
    mine = WaitlistOffer.objects.filter(pk=offer.pk, status=Offered.OPEN, appointment=made)
    if not mine.update(status=Offered.TAKEN, updated_at=now):
        raise OfferOver  # a second click, or it ran out at this moment
    entry = WaitlistEntry.objects.filter(pk=fresh.entry_id, status=Waits.WAITING)
    entry.update(status=Waits.BOOKED, updated_at=now)
    outbox.withdraw(about=offer.pk)
    audit.record(actor, "waitlist.taken", fresh, client=fresh.entry.client)
    return made


def offer_by_hand(
    *,
    actor: User,
    entry: WaitlistEntry,
    start: datetime,
    therapist: Therapist | None,
    reason: str,
    agreed: bool = False,
    past: bool = False,
) -> WaitlistOffer:
    """Staff offer a free time to someone who is not next in line; the offer stores why.

    `agreed`: they take a time they did not ask for. `past`: though no prescription reaches it.

    Raises:
        ReasonMissing: no reason was given for why they go first.
        NotWhatTheyAskedFor: and nobody said that they agreed.
        OfferPastOrder: and nobody said to offer it anyway.
        SlotTaken: the time is not free, or too soon for an offer.
        OfferUnderWay, AlreadyBooked, InvalidTransition: the client cannot be offered it now.
    """
    if not reason.strip():
        raise ReasonMissing
    now = timezone.now()
    open_for = timedelta(minutes=selectors.policy_of(entry.location).offer_minutes)
    if start.astimezone(UTC) < now + open_for:
        raise SlotTaken
    choices: Sequence[UUID] = search.who_is_free(
        option=entry.option, start=start, therapist=therapist, by_desk=True
    )
    wished = queue.wished(entry, start, choices)
    if choices and not (wished or agreed):
        raise NotWhatTheyAskedFor
    day = start.astimezone(entry.location.zone).date()
    told = past_order.on_days(entry.client, entry.option, [day]).get(day)
    short = ", ".join(told.short) if told is not None else ""
    if short and not past:
        raise OfferPastOrder
    choices = choices if agreed else wished
    return _offer_with(actor, entry, start, choices, reason=reason.strip()[:120], past_order=short)


def sweep() -> int:
    """Tidy the list and offer what has come free; returns how many offers were made.

    One query when no one is waiting. Of two sweeps at once, one makes the offers.
    """
    found = list(queue.waiting())
    if not found:
        return 0
    now = timezone.now()
    for offer in queue.lapsed(now):
        _unless_changed(partial(expire, offer=offer))
    for entry, status in queue.outdated(found, now).items():
        _unless_changed(partial(_close, None, entry, status))
    made = 0
    lost: dict[UUID, set[Instant]] = {}
    for _turn in range(2 * BATCH):  # a time lost to someone quicker costs a turn
        outcome = _offer_next(lost)
        if outcome is None or made == BATCH:
            break
        made += outcome
    return made


def _unless_changed(tidy: Callable[[], object]) -> None:
    """Entries that are changing right now wait for the next sweep and hold no one up."""
    try:
        tidy()
    except DomainError as refusal:
        logger.info("The waitlist was not tidied: %s", refusal.code)


@transaction.atomic
def _offer_next(lost: dict[UUID, set[Instant]]) -> int | None:
    """Make the next offer: 1; 0 if the time was lost in the meantime; None: none to make.

    What an entry could not get goes into `lost`, so that it holds no one up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [QUEUE])
        if cursor.fetchone() != (True,):  # another worker is doing this
            return None
    now = timezone.now()
    found = list(queue.waiting())
    idle = [entry for entry in found if not entry.open_offers]  # type: ignore[attr-defined]
    if not idle:
        return None
    places = [
        replace(place, refused=place.refused | lost.get(place.entry_id, set()))
        for place in queue.places(found, now)
    ]
    match = matching.next_match(
        places, queue.free(idle, now), queue.rules_of(queue.location(), now)
    )
    if match is None:
        return None
    entry = next(entry for entry in found if entry.pk == match.place.entry_id)
    start = moment(match.start)
    by_load = search.who_is_free(option=entry.option, start=start, therapist=entry.therapist)
    try:
        choices = [pk for pk in by_load if pk in match.therapist_ids]
        _offer_with(None, entry, start, choices)
    except DomainError:
        lost.setdefault(entry.pk, set()).add(match.start)
        return 0
    return 1


def _offer_with(
    actor: User | None,
    entry: WaitlistEntry,
    start: datetime,
    choices: Iterable[UUID],
    reason: str = "",
    past_order: str = "",
) -> WaitlistOffer:
    for therapist_id in choices:
        try:
            return _offer(actor, entry, start, therapist_id, reason, past_order)
        except SlotTaken:
            continue
    raise SlotTaken


@transaction.atomic
def _offer(
    actor: User | None,
    entry: WaitlistEntry,
    start: datetime,
    therapist_id: UUID,
    reason: str,
    past_order: str,
) -> WaitlistOffer:
    open_for = timedelta(minutes=selectors.policy_of(entry.location).offer_minutes)
    expires_at = timezone.now() + open_for
    (held,) = services.new(entry.option, start)
    held.status, held.hold_token, held.held_until = AppointmentStatus.HELD, uuid4(), expires_at

    def check() -> None:
        placement.expect_free(entry.client, held)  # locks the client
        if WaitlistOffer.objects.filter(entry__client=entry.client, status=Offered.OPEN).exists():
            raise OfferUnderWay

    placement.place([held], therapist_ids=[therapist_id], start=start, check=check)
    still = WaitlistEntry.objects.select_for_update(no_key=True).filter(pk=entry.pk)
    if not still.filter(status=Waits.WAITING).exists():
        raise InvalidTransition
    offer = WaitlistOffer.objects.create(
        entry=entry,
        appointment=held,
        starts_at=held.starts_at,
        therapist=held.therapist,
        expires_at=expires_at,
        reason=reason,
    )
    _tell(offer)
    # Why someone goes first may be about their health: it stays out of the record.
    more = {"past_order": past_order} if past_order else {}
    audit.record(actor, "waitlist.offered", offer, client=entry.client, **more)
    return offer


def expire(*, offer: WaitlistOffer) -> bool:
    """End an offer that has run out; returns whether this call did it."""
    with transaction.atomic():
        if not _end(None, offer, Offered.EXPIRED):
            return False
    missed = WaitlistOffer.objects.filter(entry=offer.entry_id, status=Offered.EXPIRED).count()
    if missed >= queue.STRIKES:
        _close(None, offer.entry, Waits.UNANSWERED)
    return True


@transaction.atomic
def _close(actor: Actor, entry: WaitlistEntry, status: str) -> bool:
    """Take an entry off the list, with its open offer; returns whether it was on it."""
    ended = [
        _end(actor, offer, Offered.DECLINED if status == Waits.WITHDRAWN else Offered.EXPIRED)
        for offer in queue.offers().filter(entry=entry.pk, status=Offered.OPEN)
    ]
    changed = WaitlistEntry.objects.filter(pk=entry.pk, status=Waits.WAITING).update(
        status=status, updated_at=timezone.now()
    )
    if not changed:
        return False
    if WaitlistOffer.objects.filter(entry=entry.pk, status=Offered.OPEN).exists():
        raise InvalidTransition  # made at this moment: look again
    audit.record(actor, f"waitlist.{status}", entry)
    if any(ended):
        enqueue_offers()
    return True


def _end(actor: Actor, offer: WaitlistOffer, status: str) -> bool:
    """Close an open offer and free its time; returns whether it was open. In a transaction."""
    held_id = WaitlistOffer.objects.filter(pk=offer.pk).values_list("appointment", flat=True).get()
    held = Appointment.objects.filter(pk=held_id).first()
    if held is None:
        return False
    placement.lock([held])
    still = Appointment.objects.select_for_update().filter(
        pk=held.pk, status=AppointmentStatus.HELD
    )
    if still.first() is None:  # taken, or cleared
        return False
    changed = WaitlistOffer.objects.filter(pk=offer.pk, status=Offered.OPEN).update(
        status=status, appointment=None, updated_at=timezone.now()
    )
    if not changed:
        return False
    held.delete()
    outbox.withdraw(about=offer.pk)
    audit.record(actor, f"waitlist.{status}", offer, client=offer.entry.client)
    return True


def enqueue_offers() -> None:
    """A time may have opened up: check now instead of at the next beat."""
    enqueue("booking.offer_freed")


def _known(actor: Actor, offer: WaitlistOffer) -> User | None:
    """Who acts: the signed-in user, if allowed; otherwise the login the link was sent to."""
    client = offer.entry.client
    if isinstance(actor, User) and (access.works_here(actor) or access.may_act_for(actor, client)):
        return actor
    if client.user is not None:
        return client.user
    confirmed = client.guardians.filter(confirmed_at__isnull=False).select_related("user")
    guardian = confirmed.order_by("created_at").first()
    return guardian.user if guardian else None


def _tell(offer: WaitlistOffer) -> None:
    """By e-mail: when, held until when, and the link. It is no use once the offer runs out."""
    client, location = offer.entry.client, offer.entry.location
    with timezone.override(location.zone):
        outbox.queue(
            kind=OFFER,
            key=f"{OFFER}:{offer.pk}",
            recipient=people.notify_address(client),
            subject=_("A time has opened up: %(when)s") % {"when": when(offer.starts_at)},
            template="messages/booking_offer.txt",
            context={
                "first_name": client.first_name,
                "starts_at": offer.starts_at,
                "expires_at": offer.expires_at,
                "location": location,
                "url": absolute(reverse("booking:offer", args=[offer.token])),
            },
            client=client,
            about=offer.pk,
            expires_at=offer.expires_at,
        )
