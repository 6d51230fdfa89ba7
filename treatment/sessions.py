"""What is written of a session: held against its neighbors, then saved, with what it blocks.

Lock order of everything here: the visit, then what booking locks (prescription, therapists, rooms,
client, appointment). A page that edits a visit has locked it before it comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from booking.visits import placement
from clinic.errors import InvalidTransition
from clinic.format import clock
from treatment import neighbors, plausibility, recording
from treatment.errors import NeedsWord, OtherSession
from treatment.models import Visit, VisitMinutes
from treatment.plausibility import Booked, Doubt, Times
from treatment.regions import scope

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from booking.models import Appointment
    from clinic.models import Technique, Therapist, User

IN_TWO_SESSIONS = "visit_therapist_in_one_session"
FIELDS = [
    *("arrived_at", "started_at", "stopped_at", "therapist"),
    *("times_reason", "times_checked", "regions", "updated_at"),
    *("late_by", "late_at", "late_reason", "late_missing"),
]
LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Session:
    """What a therapist says of a session. No arrival: as it was checked in."""

    started_at: datetime
    stopped_at: datetime
    minutes: Mapping[Technique, int]
    regions: Sequence[str] | None = None  # places that were treated; None: what was ordered
    outside: Mapping[Technique, int] | None = None  # of the minutes, those beyond the order
    arrived_at: datetime | None = None
    therapist: Therapist | None = None
    word: str = ""  # why it is so, if it is unlikely


def lock(visit: Visit, status: str) -> Visit:
    """The visit as it is now.

    Raises:
        InvalidTransition: its status is another by now.
    """
    locked = (
        Visit.objects.select_for_update(no_key=True, of=("self",))
        .select_related(
            "therapist",
            "appointment__client",
            "appointment__location",
            "appointment__option__service",
            "appointment__reservation__prescription",
        )
        .get(pk=visit.pk)
    )
    if locked.status != status:
        raise InvalidTransition
    return locked


def lock_of(appointment: Appointment) -> Visit | None:
    """The appointment's visit, locked before anything else is; None if it has none."""
    rows = Visit.objects.select_for_update(no_key=True, of=("self",))
    return rows.filter(appointment=appointment.pk).first()


def write(
    actor: User, visit: Visit, session: Session, *, late: bool = False, corrects: bool = False
) -> list[Doubt]:
    """Check a session and save it on its locked visit, in a transaction; returns what is unlikely.

    Raises:
        WrongTimes, NoMinutes, TooManyMinutes: see `recording.checked`.
        NothingTreated, NoMinutesOutside and the like: see `scope.checked`.
        BeforeArrival, AlreadyElsewhere, InTheFuture: see `plausibility.expect_possible`.
        NeedsWord: it is unlikely, and no one has said why.
        OtherSession: another session was recorded at that time, at this moment.
    """
    appointment, now = visit.appointment, timezone.now()
    hands_on = appointment.option.service.needs_intake
    kept = recording.checked(
        session.started_at, session.stopped_at, session.minutes, now=now, hands_on=hands_on
    )
    ordered = scope.ordered_of(appointment)
    visit.regions, outside = scope.checked(ordered, session.regions, kept, session.outside or {})
    therapist = session.therapist or visit.therapist
    times = Times(session.arrived_at or visit.arrived_at, session.started_at, session.stopped_at)
    _lock_places(appointment, visit, therapist)
    others = neighbors.of(visit, therapist, times, reader=actor)
    plausibility.expect_possible(times, others, now=now)
    booked = Booked(appointment.starts_at, appointment.option.minutes)
    checked_in_at = None if corrects else visit.arrived_at  # a correction has its own reason
    doubts = plausibility.doubts(times, booked, others, checked_in_at=checked_in_at, late=late)
    if doubts and not session.word.strip():
        raise NeedsWord([said(doubt, visit, times) for doubt in doubts])
    visit.arrived_at, visit.started_at, visit.stopped_at = (
        times.arrived_at,
        times.started_at,
        times.stopped_at,
    )
    visit.therapist, visit.times_checked = therapist, True
    visit.times_reason = session.word.strip()[:LONGEST_REASON] if doubts else ""
    _save(visit, kept, outside)
    return doubts


def _lock_places(appointment: Appointment, visit: Visit, therapist: Therapist) -> None:
    """Queue for the therapists: of two who record at once, the second sees the first."""
    for pk in sorted({appointment.therapist_id, visit.therapist_id, therapist.pk}):
        placement.lock_therapist(pk)
    placement.lock_rooms([appointment.room_id], [appointment.local_date])


def _save(visit: Visit, minutes: Mapping[Technique, int], outside: Mapping[Technique, int]) -> None:
    try:
        with transaction.atomic():
            visit.save(update_fields=[*FIELDS, "status", "finished_by"])
    except IntegrityError as error:
        if placement.violated(error) == IN_TWO_SESSIONS:
            raise OtherSession from error
        raise
    visit.minutes.all().delete()
    VisitMinutes.objects.bulk_create(
        VisitMinutes(
            visit=visit,
            technique=technique,
            minutes=count,
            outside=outside.get(technique, 0),
            position=place,
        )
        for place, (technique, count) in enumerate(minutes.items())
    )


def figures(visit: Visit) -> dict[str, Any]:
    """What is recorded of a visit, as a correction keeps it; {} while nothing is."""
    if visit.status != Visit.Status.FINISHED or visit.started_at is None:
        return {}
    rows = visit.minutes.select_related("technique").order_by("position")
    return {
        "arrived": visit.arrived_at.isoformat(),
        "started": visit.started_at.isoformat(),
        "stopped": visit.stopped_at.isoformat() if visit.stopped_at else "",
        "therapist": {"id": str(visit.therapist_id), "name": visit.therapist.name},
        "minutes": [_row(row) for row in rows],
    } | ({"regions": visit.regions} if visit.regions else {})


def _row(row: VisitMinutes) -> dict[str, Any]:
    said = {"id": str(row.technique_id), "name": row.technique.name, "minutes": row.minutes}
    return said | ({"outside": row.outside} if row.outside else {})


def said(doubt: Doubt, visit: Visit, times: Times) -> str:
    """What is unlikely, in words."""
    appointment = visit.appointment
    words = {
        "start": clock(times.started_at),
        "booked": clock(appointment.starts_at),
        "arrival": clock(visit.arrived_at),
        "minutes": recording.whole_minutes(times.started_at, times.stopped_at),
        "length": appointment.option.minutes,
        "room": appointment.room.name,
    }
    lines = {
        Doubt.LATE: _("The day of this visit is over."),
        Doubt.FAR_FROM_BOOKED: _("It started at %(start)s and was booked for %(booked)s."),
        Doubt.LONG: _("It took %(minutes)s minutes and was booked for %(length)s."),
        Doubt.BEFORE_CHECK_IN: _("It started at %(start)s, before the client had checked in."),
        Doubt.ARRIVAL_CHANGED: _("The client was checked in at %(arrival)s."),
        Doubt.ROOM_IN_USE: _("%(room)s was in use for another session then."),
    }
    return lines[doubt] % words


def act_as(actor: User) -> None:
    """Say whom this transaction acts for: the triggers take a signature, an addendum, or a
    correction of a signed visit only of that login."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.actor', %s, true)", [str(actor.pk)])
