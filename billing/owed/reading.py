"""What clients owe, visit by visit and fee by fee: two queries for any number of clients."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.translation import gettext as _

from billing.models import Charge, CouponUse, Payment
from booking.models import Appointment, AppointmentStatus
from clinic.people.owed import FEE, VISIT, Due, Owed
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

    from django.db.models import QuerySet


def owed_by(client_ids: Collection[UUID]) -> dict[UUID, Owed]:
    return _sorted(
        unsettled_visits().filter(appointment__client__in=client_ids),
        open_fees().filter(client__in=client_ids),
    )


def all_owed() -> dict[UUID, Owed]:
    """What every client of the clinic owes."""
    return _sorted(unsettled_visits(), open_fees())


def unsettled_visits() -> QuerySet[Visit, Any]:
    """Finished visits that are not paid to the cent, with `price`, `paid` and `left` (in cents).

    A visit that is not charged yet costs what was agreed, less its coupon. Less than nothing left:
    overpaid.
    """
    return (
        Visit.objects.filter(status=Visit.Status.FINISHED)
        .annotate(
            price=Coalesce(_sum(Charge, F("net_cents")), _agreed()),
            paid=Coalesce(_sum(Payment, F("amount_cents") - F("refunded_cents")), 0),
        )
        .annotate(left=F("price") - F("paid"))
        .exclude(left=0)
        .select_related("appointment__location")
    )


def _agreed() -> Greatest:
    uses = CouponUse.objects.counting().filter(appointment=OuterRef("appointment"))
    off = Coalesce(Subquery(uses.values("off_cents")[:1]), 0)
    return Greatest(F("appointment__price_cents") - off, 0)


def _sum(model: type[Charge | Payment], cents: Any) -> Subquery:
    rows = model.objects.filter(visit=OuterRef("pk")).order_by().values("visit")
    return Subquery(rows.annotate(cents=Sum(cents)).values("cents"))


def open_fees() -> QuerySet[Appointment]:
    """Late cancellations and missed visits whose fee is neither paid nor waived."""
    return Appointment.objects.owing_a_fee().select_related("location")


def _sorted(visits: Iterable[Any], fees: Iterable[Appointment]) -> dict[UUID, Owed]:
    dues: defaultdict[UUID, list[Due]] = defaultdict(list)
    overpaid: defaultdict[UUID, int] = defaultdict(int)
    for visit in visits:
        appointment = visit.appointment
        if visit.left < 0:
            overpaid[appointment.client_id] -= visit.left
            continue
        what = _("Rest of a visit") if visit.paid else _("Visit")
        dues[appointment.client_id].append(
            Due(what, appointment.local_date, visit.left, appointment.pk, VISIT)
        )
    for one in fees:
        if one.client_id is not None:
            dues[one.client_id].append(
                Due(fee_name(one), one.local_date, one.fee_cents, one.pk, FEE)
            )
    return {
        pk: Owed(tuple(sorted(dues[pk], key=lambda due: (due.day, due.cents))), overpaid[pk])
        for pk in {*dues, *overpaid}
    }


def fee_name(appointment: Appointment) -> str:
    missed = appointment.status == AppointmentStatus.NO_SHOW
    return _("No-show fee") if missed else _("Late cancellation fee")
