"""Waiting for a time to come free. A freed time is offered to the first in line whom it fits.

An offer is a hold in the diary, so it is exclusive by construction; a trigger ends it when its
hold goes, whatever clears that away. Lock order: therapist, room, client, appointment, offer,
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

from booking import minors, placing, selectors, services, steps
from booking.availability import moment
from booking.errors import HoldLapsed, NotBookable, SlotTaken
from booking.models import Appointment, AppointmentStatus, WaitlistEntry, WaitlistOffer
from booking.waitlist import line, matching
from booking.waitlist.errors import (
    AlreadyWaiting,
    FreeAlready,
    OfferOver,
    OfferUnderWay,
    ReasonMissing,
    WrongDates,
)
from clinic import access, audit, messages, people
from clinic.celery import enqueue
from clinic.errors import DomainError, InvalidTransition
from clinic.links import absolute
from clinic.models import Client, User
from clinic.templatetags.clinic_format import when

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    from booking.availability import Instant, Opening
    from clinic.models import ServiceOption, Therapist

    Actor = User | AnonymousUser | None

logger = logging.getLogger(__name__)

OFFER = "booking.offer"
Waits, Offered = WaitlistEntry.Status, WaitlistOffer.Status
MOST_SET_ASIDE = 40  # free times that somebody may say no to at once
BATCH = 20  # offers a sweep makes at most; the next one goes on
QUEUE = 7_215_003  # the advisory lock of whoever decides who is next


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
    """Stand in line. `none_suits` says no to the times that are free at this moment.

    Raises:
        NotBookable: no such session is offered.
        WrongDates: past, too far ahead, or the wrong way round.
        FreeAlready: there is no need to wait; carries the free times.
        AlreadyWaiting: the client waits for this session already.
        NeedsGuardian: a minor's own login.
    """
    now = timezone.now()
    location = line.here()
    if not selectors.bookable_options().filter(pk=option.pk).exists():
        raise NotBookable
    today = timezone.localdate(now, location.zone)
    horizon = today + timedelta(days=selectors.policy_of(location).horizon_days)
    if not today <= last_day <= horizon or last_day < first_day:
        raise WrongDates(horizon)
    minors.expect_guarded(actor, client, max(first_day, today))
    entry = WaitlistEntry(
        client=client,
        location=location,
        option=option,
        therapist=therapist,
        first_day=max(first_day, today),
        last_day=last_day,
        part_of_day=part_of_day,
        added_by=actor if isinstance(actor, User) else None,
    )
    if WaitlistEntry.objects.filter(client=client, option=option, status=Waits.WAITING).exists():
        raise AlreadyWaiting
    free = line.free_for(entry, now)
    if free and not (none_suits and len(free) <= MOST_SET_ASIDE):
        raise FreeAlready(free)
    try:
        return _joined(actor, entry, free)
    except IntegrityError as error:  # two clicks
        if placing.violated(error) == "waitlist_once_per_session":
            raise AlreadyWaiting from None
        raise


@transaction.atomic
def _joined(actor: Actor, entry: WaitlistEntry, set_aside: list[Opening]) -> WaitlistEntry:
    entry.save(force_insert=True)
    WaitlistOffer.objects.bulk_create(
        WaitlistOffer(
            entry=entry,
            starts_at=moment(opening.start),
            therapist_id=opening.therapist_ids[0],
            expires_at=timezone.now(),
            status=Offered.DECLINED,
        )
        for opening in set_aside
    )
    audit.record(actor, "waitlist.joined", entry)
    return entry


def leave(*, actor: Actor, entry: WaitlistEntry) -> None:
    """Off the list; a time that is kept for it goes to the next.

    Raises:
        InvalidTransition: it is off the list already.
    """
    if not _close(actor, entry, Waits.WITHDRAWN):
        raise InvalidTransition


def decline(*, actor: Actor, offer: WaitlistOffer) -> None:
    """No to this time; the place in line stays.

    Raises:
        OfferOver: it was taken, declined, or has run out.
    """
    with transaction.atomic():
        if not _end(_known(actor, offer), offer, Offered.DECLINED):
            raise OfferOver
    ring()


def accept(*, actor: Actor, offer: WaitlistOffer) -> Appointment:
    """Book the time that is kept. A second click finds the visit that the first one made.

    Whoever has the link has the mailbox it was sent to, so it acts for that login.

    Raises:
        OfferOver: it was declined, has run out, or the clinic cannot give it any more.
        AlreadyBooked: the client has a visit at that time.
        NeedsGuardian: a minor's own mailbox; the time stays kept for whoever acts for them.
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
    fresh = line.offers().select_related("appointment").get(pk=offer.pk)
    held = fresh.appointment
    if fresh.status != Offered.OPEN or fresh.expires_at <= timezone.now() or held is None:
        raise OfferOver
    if held.hold_token is None:  # no such row: a CHECK says that a hold has one
        raise OfferOver
    minors.expect_guarded(actor, fresh.entry.client, held.local_date)
    made = services.book(actor=actor, hold_token=held.hold_token, client=fresh.entry.client)
    now = timezone.now()
    mine = WaitlistOffer.objects.filter(pk=offer.pk, status=Offered.OPEN, appointment=made)
    if not mine.update(status=Offered.TAKEN, updated_at=now):
        raise OfferOver  # a second click; or it ran out at this very moment
    entry = WaitlistEntry.objects.filter(pk=fresh.entry_id, status=Waits.WAITING)
    entry.update(status=Waits.BOOKED, updated_at=now)
    messages.withdraw(about=offer.pk)
    audit.record(actor, "waitlist.taken", fresh, client=fresh.entry.client)
    return made


def offer_by_hand(
    *, actor: User, entry: WaitlistEntry, start: datetime, therapist: Therapist | None, reason: str
) -> WaitlistOffer:
    """Staff offer a free time to somebody who is not next in line; the offer says why.

    Raises:
        ReasonMissing: why they come first was not said.
        SlotTaken: the time is not free, or too near for an offer.
        OfferUnderWay, AlreadyBooked, InvalidTransition: the client cannot be offered it now.
    """
    if not reason.strip():
        raise ReasonMissing
    now = timezone.now()
    keeps = timedelta(minutes=selectors.policy_of(entry.location).offer_minutes)
    if start.astimezone(UTC) < now + keeps:
        raise SlotTaken
    choices = selectors.who_is_free(
        option=entry.option, start=start, therapist=therapist, by_desk=True
    )
    return _offer_with(actor, entry, start, choices, reason=reason.strip()[:120])


def sweep() -> int:
    """Tidy the list and offer what has come free; returns how many offers were made.

    One query when nobody waits. Of two sweeps at once, one makes the offers.
    """
    found = list(line.waiting())
    if not found:
        return 0
    now = timezone.now()
    for offer in line.lapsed(now):
        _unless_changed(partial(expire, offer=offer))
    for entry, status in line.outdated(found, now).items():
        _unless_changed(partial(_close, None, entry, status))
    made = 0
    lost: dict[UUID, set[Instant]] = {}
    for _turn in range(2 * BATCH):  # a time lost to somebody quicker costs a turn
        outcome = _offer_next(lost)
        if outcome is None or made == BATCH:
            break
        made += outcome
    return made


def _unless_changed(tidy: Callable[[], object]) -> None:
    """What changes at this very moment waits for the next sweep, and holds nobody else up."""
    try:
        tidy()
    except DomainError as refusal:
        logger.info("The waitlist was not tidied: %s", refusal.code)


@transaction.atomic
def _offer_next(lost: dict[UUID, set[Instant]]) -> int | None:
    """Make the next offer: 1; 0 when the time was lost meanwhile; None: there is none to make.

    What an entry could not get goes into `lost`, so that it holds nobody up.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [QUEUE])
        if cursor.fetchone() != (True,):  # another worker is at it
            return None
    now = timezone.now()
    found = list(line.waiting())
    idle = [entry for entry in found if not entry.open_offers]  # type: ignore[attr-defined]
    if not idle:
        return None
    wishes = [
        replace(wish, refused=wish.refused | lost.get(wish.entry_id, set()))
        for wish in line.wishes(found, now)
    ]
    match = matching.first_in_line(wishes, line.free(idle, now), line.terms_of(line.here(), now))
    if match is None:
        return None
    entry = next(entry for entry in found if entry.pk == match.wish.entry_id)
    start = moment(match.start)
    by_load = selectors.who_is_free(option=entry.option, start=start, therapist=entry.therapist)
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
) -> WaitlistOffer:
    for therapist_id in choices:
        try:
            return _offer(actor, entry, start, therapist_id, reason)
        except SlotTaken:
            continue
    raise SlotTaken


@transaction.atomic
def _offer(
    actor: User | None, entry: WaitlistEntry, start: datetime, therapist_id: UUID, reason: str
) -> WaitlistOffer:
    keeps = selectors.policy_of(entry.location).offer_minutes
    expires_at = timezone.now() + timedelta(minutes=keeps)
    held = steps.new(entry.option, start)
    held.status, held.hold_token, held.held_until = AppointmentStatus.HELD, uuid4(), expires_at

    def check() -> None:
        steps.expect_free(entry.client, held, start)  # locks the client
        if WaitlistOffer.objects.filter(entry__client=entry.client, status=Offered.OPEN).exists():
            raise OfferUnderWay

    placing.place(held, therapist_id=therapist_id, start=start, check=check)
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
    # Why somebody comes first may be a matter of health: it stays out of the record.
    audit.record(actor, "waitlist.offered", offer, client=entry.client)
    return offer


def expire(*, offer: WaitlistOffer) -> bool:
    """End an offer whose time has run out; whether it was this call that did."""
    with transaction.atomic():
        if not _end(None, offer, Offered.EXPIRED):
            return False
    missed = WaitlistOffer.objects.filter(entry=offer.entry_id, status=Offered.EXPIRED).count()
    if missed >= line.STRIKES:
        _close(None, offer.entry, Waits.UNANSWERED)
    return True


@transaction.atomic
def _close(actor: Actor, entry: WaitlistEntry, status: str) -> bool:
    """Take an entry off the list, with its open offer; whether it was on it."""
    ended = [
        _end(actor, offer, Offered.DECLINED if status == Waits.WITHDRAWN else Offered.EXPIRED)
        for offer in line.offers().filter(entry=entry.pk, status=Offered.OPEN)
    ]
    changed = WaitlistEntry.objects.filter(pk=entry.pk, status=Waits.WAITING).update(
        status=status, updated_at=timezone.now()
    )
    if not changed:
        return False
    if WaitlistOffer.objects.filter(entry=entry.pk, status=Offered.OPEN).exists():
        raise InvalidTransition  # made at this very moment: look again
    audit.record(actor, f"waitlist.{status}", entry)
    if any(ended):
        ring()
    return True


def _end(actor: Actor, offer: WaitlistOffer, status: str) -> bool:
    """Close an open offer and free its time; whether it was open. Inside a transaction."""
    held_id = WaitlistOffer.objects.filter(pk=offer.pk).values_list("appointment", flat=True).get()
    held = Appointment.objects.filter(pk=held_id).first()
    if held is None:
        return False
    placing.lock(held)
    still = Appointment.objects.select_for_update().filter(
        pk=held.pk, status=AppointmentStatus.HELD
    )
    if still.first() is None:  # taken, or cleared away
        return False
    changed = WaitlistOffer.objects.filter(pk=offer.pk, status=Offered.OPEN).update(
        status=status, appointment=None, updated_at=timezone.now()
    )
    if not changed:
        return False
    held.delete()
    messages.withdraw(about=offer.pk)
    audit.record(actor, f"waitlist.{status}", offer, client=offer.entry.client)
    return True


def ring() -> None:
    """Time may have come free: look at once instead of at the next beat."""
    enqueue("booking.offer_freed")


def _known(actor: Actor, offer: WaitlistOffer) -> User | None:
    """Who acts: the one signed in, if they may; else the login that the link was sent to."""
    client = offer.entry.client
    if isinstance(actor, User) and (actor.is_clinic_staff or access.may_act_for(actor, client)):
        return actor
    if client.user is not None:
        return client.user
    confirmed = client.guardians.filter(confirmed_at__isnull=False).select_related("user")
    guardian = confirmed.order_by("created_at").first()
    return guardian.user if guardian else None


def _tell(offer: WaitlistOffer) -> None:
    """By e-mail: when, until when it is kept, and the link. It is no use once that has run out."""
    client, location = offer.entry.client, offer.entry.location
    with timezone.override(location.zone):
        messages.queue(
            kind=OFFER,
            key=f"{OFFER}:{offer.pk}",
            recipient=people.notify_address(client),
            subject=_("A time has come free: %(when)s") % {"when": when(offer.starts_at)},
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
