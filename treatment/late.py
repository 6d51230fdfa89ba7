"""Visits entered after they took place: forgotten at the desk, or never in the diary.

The day is a default, not a permission: what is late says why, and who. The desk says that the
client came; what was done is for those who record treatment.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.errors import AlreadyBooked, SlotTaken
from booking.models import Appointment, AppointmentStatus
from booking.visits import rule_breaks
from booking.visits import services as booking
from booking.visits.past_order import Answer, Choice
from booking.visits.rule_breaks import AskedTime
from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError, InvalidTransition
from intake import selectors as intake
from treatment import services, sessions
from treatment.errors import (
    AlreadyRecorded,
    BeforeBirth,
    Canceled,
    InTheFuture,
    MarkedNoShow,
    NeedsReason,
    NotCoveredThen,
    NotYet,
    TimeInUse,
    TooLongAgo,
)
from treatment.models import Visit

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from clinic.access import Actor
    from clinic.models import Client, ServiceOption, Therapist, User
    from treatment.sessions import Session

DAYS_BACK = 30  # further back is for managers
Status, Diary = Visit.Status, AppointmentStatus
REFUSALS: dict[str, type[InvalidTransition]] = {
    Diary.CANCELLED: Canceled,
    Diary.NO_SHOW: MarkedNoShow,
    Diary.FULFILLED: AlreadyRecorded,
}


def may_be_late(appointment: Appointment) -> bool:
    """Whether a late entry is the way for it now: its time is over, and it was not recorded."""
    unrecorded = {Diary.BOOKED, Diary.ARRIVED, Diary.CHECKED_IN}
    if appointment.status not in unrecorded:
        return False
    if appointment.status == Diary.BOOKED:
        return appointment.ends_at <= timezone.now()
    return appointment.local_date < timezone.localdate(timezone=appointment.location.zone)


def refusal(actor: Actor, appointment: Appointment) -> str:
    """Why this user cannot enter it now, for a page; "" if they can."""
    try:
        if appointment.status in REFUSALS:
            raise REFUSALS[appointment.status]
        _expect_day(actor, appointment)
    except DomainError as found:
        return str(found.message)
    if appointment.status != Diary.BOOKED and not access.records_treatment(actor):
        return str(_("The client was here. The therapist records the session."))
    return ""


@transaction.atomic
def arrive(*, actor: User, appointment: Appointment, arrived_at: datetime, reason: str) -> Visit:
    """The client was here; what was done is recorded by the therapist.

    Raises:
        NeedsReason: no reason was given.
        NotYet, TooLongAgo, BeforeBirth: the day is not one that the actor may enter.
        Canceled, MarkedNoShow, AlreadyRecorded, InvalidTransition: its state does not allow it.
        NotCoveredThen: a medical visit without a prescription for that day.
        InTheFuture: the arrival is still to come.
    """
    access.require(actor, access.in_care_team)
    known = sessions.lock_of(appointment)
    appointment.refresh_from_db(fields=["status", "starts_at", "reservation"])
    if appointment.status != Diary.BOOKED:
        raise REFUSALS.get(appointment.status, InvalidTransition)
    why = _expect_allowed(actor, appointment, reason)
    if arrived_at > timezone.now():
        raise InTheFuture
    _cover(actor, appointment)
    booking.mark(actor=actor, appointment=appointment, status=Diary.ARRIVED)
    visit = known or Visit(appointment=appointment)
    visit.therapist, visit.arrived_at = appointment.therapist, arrived_at
    visit.late_by, visit.late_at, visit.late_reason = actor, timezone.now(), why
    visit.late_missing = _missing(appointment)
    visit.save()
    audit.record(
        actor,
        "visit.arrived_late_entry",
        visit,
        client=appointment.client,
        arrived_at=arrived_at.isoformat(),
        something_missing=bool(visit.late_missing),
    )
    return visit


@transaction.atomic
def record(*, actor: User, appointment: Appointment, session: Session, reason: str) -> Visit:
    """Record a whole visit after its time; uses up its prescribed visit as of its day.

    Raises:
        PermissionDenied: the actor does not record treatment.
        As for `arrive`, and for `sessions.write`.
    """
    access.require(actor, access.records_treatment)
    visit = sessions.lock_of(appointment)
    appointment.refresh_from_db(fields=["status", "starts_at", "reservation"])
    if appointment.status == Diary.BOOKED:
        arrived_at = session.arrived_at or session.started_at
        visit = arrive(actor=actor, appointment=appointment, arrived_at=arrived_at, reason=reason)
    elif visit is None or appointment.status not in {Diary.ARRIVED, Diary.CHECKED_IN}:
        raise REFUSALS.get(appointment.status, InvalidTransition)
    elif not visit.is_late_entry:
        visit.late_reason = _expect_allowed(actor, appointment, reason)
        visit.late_by, visit.late_at = actor, timezone.now()
        visit.save()
    if visit.status == Status.ARRIVED:
        visit = sessions.lock(visit, Status.ARRIVED)
        services.begin(actor, visit, session.started_at)
    return services.end(actor, sessions.lock(visit, Status.IN_PROGRESS), session)


@transaction.atomic
def add_past(
    *,
    actor: User,
    client: Client,
    option: ServiceOption,
    therapist: Therapist,
    start: datetime,
    reason: str,
    form_token: UUID,
    session: Session | None = None,
) -> Appointment:
    """A session that never was in the schedule; the desk enters no `session`. Twice is once.

    Raises:
        TimeInUse: the therapist, every room, or the client was booked then; says with what.
        NotBookable: the clinic does not offer the session.
        As for `record`, or for `arrive`.
    """
    access.require(actor, access.in_care_team)
    made = Appointment.objects.filter(hold_token=form_token, client=client).first()
    if made is not None:
        return made
    if not reason.strip():
        raise NeedsReason
    if start > timezone.now():
        raise NotYet
    place: dict[str, Any] = {"option": option, "start": start, "therapist": therapist}
    appointment = _book(actor, client, reason, place)
    Appointment.objects.filter(pk=appointment.pk).update(hold_token=form_token)
    if session is None:
        arrive(actor=actor, appointment=appointment, arrived_at=start, reason=reason)
    else:
        record(actor=actor, appointment=appointment, session=session, reason=reason)
    return appointment


def _book(actor: User, client: Client, reason: str, place: dict[str, Any]) -> Appointment:
    """A visit in the past, where the diary has none; `place` is what, when, and whose.

    Raises:
        TimeInUse.
    """
    how: dict[str, Any] = {"source": Appointment.Source.LATE, "reason": reason, **place}
    how["past"] = Answer(Choice.ANYWAY, reason, everything=True)  # it took place
    try:
        return booking.book_for_desk(actor=actor, clients=[client], **how)[0]
    except SlotTaken as taken:
        raise TimeInUse(_in_the_way(place)) from taken
    except AlreadyBooked as taken:
        raise TimeInUse(taken.message) from taken


def _in_the_way(place: dict[str, Any]) -> str:
    found = rule_breaks.weigh(AskedTime(**place, late=True))
    return " ".join(found[0].in_the_way) if found else str(SlotTaken.message)


def _expect_allowed(actor: User, appointment: Appointment, reason: str) -> str:
    """Refuse a day that the actor may not enter; returns the reason.

    Raises:
        NeedsReason, NotYet, TooLongAgo, BeforeBirth.
    """
    if not (why := reason.strip()[: sessions.LONGEST_REASON]):
        raise NeedsReason
    _expect_day(actor, appointment)
    return why


def _expect_day(actor: Actor, appointment: Appointment) -> None:
    if appointment.starts_at > timezone.now():
        raise NotYet
    day, today = appointment.local_date, timezone.localdate(timezone=appointment.location.zone)
    if day < today - timedelta(days=DAYS_BACK) and not access.is_manager(actor):
        raise TooLongAgo(DAYS_BACK)
    born = appointment.client.birth_date if appointment.client is not None else None
    if born is not None and day < born:
        raise BeforeBirth


def _cover(actor: User, appointment: Appointment) -> None:
    """A medical visit counts on the prescription that covered its day."""
    booking.tie_prescription(appointment=appointment, actor=actor)
    if appointment.needs_prescription and appointment.reservation is None:
        raise NotCoveredThen(appointment.local_date)


def _missing(appointment: Appointment) -> str:
    """What the client had not given by then: recorded anyway, and never unsaid."""
    if appointment.client is None or not appointment.option.service.needs_intake:
        return ""
    missing = intake.missing_on(appointment.client, appointment.local_date)
    return " ".join(str(line) for line in missing)
