"""What would pay for a medical session of a client on a date, before it is booked or moved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.models import Service
from clinic.templatetags.clinic_format import day as show
from prescriptions import authorization
from prescriptions import selectors as prescriptions
from prescriptions.models import VisitReservation

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date
    from uuid import UUID

    from booking.models import Appointment
    from clinic.models import Client, ServiceOption
    from prescriptions.models import Prescription


class Reach(StrEnum):
    """How far the client's prescriptions reach."""

    COVERED = "covered"
    NONE = "none"  # none was ever approved
    USED_UP = "used_up"
    ENDED = "ended"
    NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Outlook:
    reach: Reach
    prescription: Prescription | None = None
    over_rate: bool = False

    @property
    def is_covered(self) -> bool:
        return self.reach == Reach.COVERED

    @property
    def falls_short(self) -> bool:
        """There is a prescription, but not for this visit: the client has to be told first."""
        return self.reach in {Reach.USED_UP, Reach.ENDED, Reach.NOT_YET}

    @property
    def text(self) -> str:
        """For the client it belongs to and for staff; nobody else."""
        order = self.prescription
        if order is None or order.through_on is None or order.starts_on is None:
            return ""
        values = {
            "left": authorization.bookable(order),
            "total": order.authorized,
            "until": show(order.through_on),
            "since": show(order.starts_on),
        }
        lines = {
            Reach.COVERED: _("On the prescription: %(left)s of %(total)s left, use by %(until)s."),
            Reach.USED_UP: _(
                "All %(total)s visits of the prescription are used or booked already."
            ),
            Reach.ENDED: _("The prescription ends on %(until)s, before this visit."),
            Reach.NOT_YET: _("The prescription begins on %(since)s, after this visit."),
        }
        return lines[self.reach] % values

    @property
    def rate_text(self) -> str:
        if not self.over_rate or self.prescription is None:
            return ""
        rate = self.prescription.visits_per_week
        text = _("More than the %(rate)s a week of the prescription. You may book it all the same.")
        return text % {"rate": f"{rate.normalize():f}" if rate else ""}

    @property
    def warnings(self) -> list[str]:
        told = [self.text] if self.falls_short else []
        return [*told, self.rate_text] if self.over_rate else told


def of_all(
    client_ids: Collection[UUID], on: date, *, moving: Iterable[Appointment] = ()
) -> dict[UUID, Outlook]:
    """By client, in two queries. What is `moving` takes its reserved visit along."""
    orders = prescriptions.coverage(client_ids)
    kept = {one.reservation_id for one in moving if one.reservation_id is not None}
    known = [order.pk for found in orders.values() for order in found]
    entries: dict[UUID, list[VisitReservation]] = {}
    if known:
        rows = VisitReservation.objects.filter(prescription__in=known)
        for entry in rows.exclude(status=VisitReservation.Status.RELEASED):
            entries.setdefault(entry.prescription_id, []).append(entry)
    return {client_id: _of(found, entries, kept, on) for client_id, found in orders.items()}


def of(client: Client, on: date, *, moving: Appointment | None = None) -> Outlook:
    return of_all([client.pk], on, moving=[moving] if moving else [])[client.pk]


def warnings(
    *, client: Client, option: ServiceOption, on: date, moving: Appointment | None = None
) -> list[str]:
    """What to tell before a medical session is booked or moved to a date; mostly nothing."""
    if option.service.kind != Service.Kind.MEDICAL:
        return []
    return of(client, on, moving=moving).warnings


def warnings_at(on: date | None, moving: Sequence[Appointment]) -> list[str]:
    """The same for visits that would move to a date; of two, each with the name it is about."""
    medical = [one for one in moving if one.needs_prescription and one.client is not None]
    if on is None or not medical:
        return []
    found = of_all([one.client_id for one in medical if one.client_id], on, moving=medical)
    told = []
    for one in medical:
        lines = found[one.client_id].warnings if one.client_id else []
        who = f"{one.client.first_name}: " if len(moving) > 1 and one.client else ""
        told += [f"{who}{line}" for line in lines]
    return told


def _of(
    orders: Sequence[Prescription],
    entries: dict[UUID, list[VisitReservation]],
    kept: set[UUID],
    on: date,
) -> Outlook:
    inside = [order for order in orders if authorization.covers(order, on)]
    for order in inside:
        mine = entries.get(order.pk, [])
        taken = [entry.visit_on for entry in mine if entry.pk not in kept]
        if authorization.bookable(order) > 0 or len(taken) < len(mine):
            over = order.starts_on is not None and authorization.over_weekly_rate(
                taken, on, starts_on=order.starts_on, per_week=order.visits_per_week
            )
            return Outlook(Reach.COVERED, order, over)
    if inside:
        return Outlook(Reach.USED_UP, inside[-1])
    ended = [order for order in orders if order.through_on and order.through_on < on]
    if ended:
        return Outlook(Reach.ENDED, ended[-1])
    return Outlook(Reach.NOT_YET, orders[0]) if orders else Outlook(Reach.NONE)
