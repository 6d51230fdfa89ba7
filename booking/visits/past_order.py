"""At the desk: how far a prescription reaches, and what staff choose for a visit past it.

Nothing is booked or moved past an order silently: the choice counts only for what was shown, and
is asked for again if that has changed by the time the order's row is ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from booking import selectors
from booking.errors import NotBookable
from booking.times import timetable
from booking.visits import coverage
from booking.visits.coverage import PrescriptionReach, Reach
from clinic import selectors as clinic_selectors
from clinic.errors import DomainError
from clinic.format import day as show
from clinic.models import Service
from prescriptions import authorization
from prescriptions.models import Prescription, VisitReservation
from prescriptions.reach import Short

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date
    from typing import Any
    from uuid import UUID

    from booking.models import Appointment
    from clinic.models import Client, ServiceOption
    from prescriptions.reach import Measure, WeekLoad


class Choice(StrEnum):
    SELF_PAY = "self_pay"
    PENDING = "pending"  # it waits for a new order
    ANYWAY = "anyway"


@dataclass(frozen=True, slots=True)
class Told:
    """One client of a visit, and how far the prescription reaches with it."""

    client: Client
    reach: PrescriptionReach
    short: tuple[Short, ...] = ()  # what the visit would newly go past

    @property
    def codes(self) -> frozenset[str]:
        return frozenset(f"{self.client.pk}:{one}" for one in self.short)

    @property
    def lines(self) -> list[str]:
        return lines(self.reach)


@dataclass(frozen=True, slots=True)
class Answer:
    """What staff chose for a visit past the order, and for what: the codes they were shown.

    `everything`: whatever it goes past, as for a visit that took place already.
    """

    choice: str = ""
    reason: str = ""
    shown: frozenset[str] = frozenset()
    everything: bool = False

    @property
    def self_paying(self) -> frozenset[str]:
        """The ids of the clients who pay themselves."""
        if self.choice != Choice.SELF_PAY:
            return frozenset()
        return frozenset(code.partition(":")[0] for code in self.shown)

    def settles(self, told: Told) -> bool:
        if not (self.everything or told.codes <= self.shown):
            return False
        if self.choice == Choice.ANYWAY:
            return bool(self.reason.strip())
        return self.choice == Choice.SELF_PAY or (
            self.choice == Choice.PENDING and may_wait([told])
        )


NONE = Answer()  # nobody was asked


@dataclass(slots=True)
class Passed:
    """Who goes past the order, as staff chose; for the visit's record and the audit log."""

    answer: Answer
    codes: dict[UUID, tuple[Short, ...]] = field(default_factory=dict)  # by client

    def reason(self, client_id: UUID | None, otherwise: str) -> str:
        """What the visit keeps, with the reason for its time, if that needed one too."""
        if client_id not in self.codes or self.answer.choice != Choice.ANYWAY:
            return otherwise
        both = dict.fromkeys([otherwise.strip(), self.answer.reason.strip()])
        return " · ".join(text for text in both if text)

    def detail(self, client_id: UUID | None) -> dict[str, Any]:
        """Codes only: the reason is kept with the visit, encrypted."""
        if client_id is None or client_id not in self.codes:
            return {}
        return {"past_order": ", ".join(self.codes[client_id]), "chosen": self.answer.choice}


class PastOrder(DomainError):
    message = gettext_lazy(
        "The prescription does not reach this far. Choose how to book the visit."
    )

    def __init__(self, told: Sequence[Told]) -> None:
        self.told = list(told)
        super().__init__()


def look(
    clients: Sequence[Client],
    option: ServiceOption,
    on: date,
    *,
    moving: Sequence[Appointment] = (),
) -> list[Told]:
    """How far each client's prescription reaches; nothing for a session that needs none."""
    if option.service.kind != Service.Kind.MEDICAL or not clients:
        return []
    if not moving:
        found = coverage.of_all([client.pk for client in clients], on)
        return [_told(client, found[client.pk]) for client in clients]
    return [_moved(one, on, moving) for one in moving if one.client is not None]


def on_days(client: Client, option: ServiceOption, days: Iterable[date]) -> dict[date, Told]:
    """The same for one client on each of these days, in two queries."""
    if option.service.kind != Service.Kind.MEDICAL:
        return {}
    found = coverage.on_days(client.pk, days)
    return {day: _told(client, reach) for day, reach in found.items()}


def expect_within(
    clients: Sequence[Client],
    option: ServiceOption,
    on: date,
    answer: Answer,
    *,
    moving: Sequence[Appointment] = (),
) -> Passed:
    """Lock the clients' orders and refuse what goes past them, unless staff chose what then.

    Raises:
        PastOrder: with everything that it says of the orders.
    """
    if option.service.kind != Service.Kind.MEDICAL:
        return Passed(answer)
    clients = [one for one in clients if str(one.pk) not in answer.self_paying or moving]
    _lock(clients)
    told = look(clients, option, on, moving=moving)
    short = [one for one in told if one.short]
    if not all(answer.settles(one) for one in short):
        raise PastOrder(told)
    return Passed(answer, {one.client.pk: one.short for one in short})


def sessions(
    clients: Sequence[Client], option: ServiceOption, answer: Answer
) -> list[ServiceOption]:
    """What is booked for each: the self-pay session for whom staff chose that.

    Raises:
        NotBookable: none of that length is offered.
    """
    if not answer.self_paying or not option.service.needs_prescription:
        return [option] * len(clients)
    paid = self_pay_option(option)
    return [paid if str(one.pk) in answer.self_paying else option for one in clients]


def self_pay_option(option: ServiceOption) -> ServiceOption:
    """The session to book instead.

    Raises:
        NotBookable: none of that length is offered.
    """
    found = selectors.self_pay_option(option, timetable.current(clinic_selectors.location()))
    if found is None:
        raise NotBookable
    return found


def may_wait(told: Iterable[Told]) -> bool:
    """Whether a new order would help: with visits left, it is only the week that is full."""
    return all(one.short != (Short.PACE,) for one in told if one.short)


def lines(reach: PrescriptionReach) -> list[str]:
    """What staff read before they book: the visits, the dates, the week."""
    order, measure = reach.prescription, reach.measure
    if order is None or measure is None:
        return [_("There is no approved prescription. The visit is booked as waiting for one.")]
    said = [_visits(measure, order)] if reach.is_covered else [reach.text]
    if reach.reach == Reach.USED_UP:
        text = _("The visit would be number %(number)s of %(total)s.")
        said.append(text % {"number": measure.number, "total": measure.authorized})
    if measure.week is not None and reach.is_covered:
        said.append(_week(measure.week))
    return said


def _visits(measure: Measure, order: Prescription) -> str:
    text = ngettext(
        "Visit %(number)s of %(total)s, %(left)s left after it. Good through %(until)s.",
        "Visit %(number)s of %(total)s, %(left)s left after it. Good through %(until)s.",
        measure.left_after,
    )
    values = {
        "number": measure.number,
        "total": measure.authorized,
        "left": measure.left_after,
        "until": show(order.through_on) if order.through_on else "",
    }
    return text % values


def _week(week: WeekLoad) -> str:
    values = {
        "first": show(week.first),
        "last": show(week.last),
        "before": week.before,
        "after": week.after,
        "allowed": week.allowed,
    }
    if week.is_over:
        text = _(
            "%(first)s to %(last)s: %(before)s of %(allowed)s visits a week are already booked;"
            " this would make %(after)s."
        )
    else:
        text = _("%(first)s to %(last)s: %(after)s of %(allowed)s visits a week with this one.")
    return text % values


def _told(client: Client, reach: PrescriptionReach) -> Told:
    if not (reach.falls_short or reach.over_rate):
        return Told(client, reach)
    measure = reach.measure
    return Told(client, reach, measure.short if measure is not None else ())


def _moved(visit: Appointment, on: date, moving: Sequence[Appointment]) -> Told:
    """A visit that has one of an order keeps it while that order covers the new day.

    One that has none already waits for an order: on another day it goes no further past.
    """
    assert visit.client is not None  # noqa: S101
    reach = coverage.of_all([visit.client.pk], on, moving=moving)[visit.client.pk]
    if visit.reservation_id is None:
        return Told(visit.client, reach)
    held = VisitReservation.objects.select_related("prescription__client__payer")
    order = held.get(pk=visit.reservation_id).prescription
    if authorization.in_window(order, on) or not reach.is_covered:
        reach = coverage.on_order(order, on, moving=moving)
    return _told(visit.client, reach)


def _lock(clients: Collection[Client]) -> None:
    approved = Prescription.objects.filter(
        client__in=[client.pk for client in clients], status=Prescription.Status.APPROVED
    )
    rows = approved.order_by("client", "pk").select_for_update(no_key=True)
    list(rows.values_list("pk", flat=True))
