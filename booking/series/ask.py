"""Who a series is planned for, and what the page starts with."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.series import planning as series
from booking.series.services import MOST
from clinic import selectors as clinic_selectors
from clinic.models import Service
from prescriptions import authorization
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

    from clinic.models import Client, ServiceOption, Therapist

USUAL_COUNT = 6  # visits suggested without a prescription
# In the order of the page; the value is visits a week.
RATES = [
    ("7", _("every day")),
    ("6", _("6 a week")),
    ("5", _("5 a week")),
    ("4", _("4 a week")),
    ("3", _("3 a week")),
    ("2", _("2 a week")),
    ("1", _("1 a week")),
    ("0.5", _("every 2 weeks")),
    ("0.33", _("every 3 weeks")),
    ("0.25", _("every 4 weeks")),
]


def rates(prescribed: Decimal | None) -> list[tuple[str, Any]]:
    """How often the client may come; never more often than prescribed."""
    if not prescribed:
        return list(RATES)
    most = series.Pace.of(prescribed)
    allowed = []
    for value, words in RATES:
        pace = series.Pace.of(Decimal(value))
        if pace.visits * most.days <= most.visits * pace.days:
            allowed.append((value, words))
    return allowed or RATES[-1:]


class PlanFor:
    """Who a plan is for, and its limits."""

    def __init__(self, client: Client, *, by_desk: bool = False) -> None:
        self.client, self.by_desk = client, by_desk
        self.location = clinic_selectors.location()
        self.policy = selectors.policy_of(self.location)
        self.today = timezone.localdate(timezone=self.location.zone)
        self.horizon = self.today + timedelta(days=self.policy.horizon_days)

    @cached_property
    def therapists(self) -> list[Therapist]:
        return list(selectors.therapists())

    @cached_property
    def prescriptions(self) -> list[Prescription]:
        """Those with visits left to book, the first to end first."""
        return list(self.usable().order_by("through_on", "created_at", "pk"))

    def usable(self) -> QuerySet[Prescription]:
        mine = Prescription.objects.filter(client=self.client, status="approved")
        return mine.filter(through_on__gte=self.today).with_visits_left()

    def options(self) -> QuerySet[ServiceOption]:
        """What can be booked in series; medical sessions once there is a prescription for them."""
        found = selectors.bookable_options().exclude(service__kind=Service.Kind.CONSULTATION)
        if not self.prescriptions:
            found = found.exclude(service__kind=Service.Kind.MEDICAL)
        return found.order_by("service__position", "minutes")

    def initial(self, wanted: Mapping[str, Any]) -> dict[str, Any]:
        """What the page starts with: as prescribed, otherwise a modest plan."""
        prescription = self._prescription(wanted)
        options = list(self.options())
        medical = [one for one in options if one.service.needs_prescription]
        pick = (medical if prescription else options) or options
        hours = [one for one in pick if one.minutes == 60] or pick
        values: dict[str, Any] = {
            "option": str(hours[0].pk) if hours else "",
            "prescription": wanted.get("prescription") or "",
            "count": min(authorization.bookable(prescription), MOST)
            if prescription
            else USUAL_COUNT,
            "rate": "1",
        }
        if prescription:
            values["prescription"] = wanted.get("prescription") or str(prescription.pk)
            values["rate"] = self._rate(prescription)
        return values

    def prescribed_rate(self, data: Mapping[str, Any]) -> Decimal | None:
        """The rate of the prescription that the chosen session counts on."""
        option = str(data.get("option") or "")
        medical = {str(one.pk) for one in self.options() if one.service.needs_prescription}
        prescription = self._prescription(data)
        if option not in medical or prescription is None:
            return None
        return prescription.visits_per_week

    def _prescription(self, data: Mapping[str, Any]) -> Prescription | None:
        named = str(data.get("prescription") or "")
        found = [one for one in self.prescriptions if not named or str(one.pk) == named]
        return found[0] if found else None

    def _rate(self, prescription: Prescription) -> str:
        allowed = rates(prescription.visits_per_week)
        if prescription.visits_per_week:
            return str(allowed[0][0])
        assert prescription.through_on is not None  # noqa: S101
        weeks = max(1, ((prescription.through_on - self.today).days + 1) // series.WEEK)
        needed = Decimal(authorization.bookable(prescription)) / weeks
        slow_enough = [value for value, _words in allowed if Decimal(value) >= needed]
        return str(slow_enough[-1] if slow_enough else allowed[0][0])
