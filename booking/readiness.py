"""What a visit still needs before it may begin: one light for each thing, and the next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from booking.selectors import policy_of
from clinic.templatetags.clinic_format import when
from intake import selectors as intake
from prescriptions.models import Prescription, VisitReservation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from booking.models import Appointment
    from intake.selectors import IntakeReadiness

OK, WARN, STOP = "ok", "warn", "stop"
GRAVITY = (OK, WARN, STOP)


@dataclass(frozen=True, slots=True)
class Light:
    label: StrOrPromise
    tone: str
    text: StrOrPromise


@dataclass(slots=True)
class Readiness:
    """`missing` says what stands in the way, in words for the desk; empty: may begin."""

    lights: list[Light] = field(default_factory=list)
    missing: list[StrOrPromise] = field(default_factory=list)
    step: str = ""  # what the client does next: intake | prescription | wait

    @property
    def tone(self) -> str:
        return max((light.tone for light in self.lights), key=GRAVITY.index, default=OK)

    @property
    def is_ready(self) -> bool:
        return not self.missing

    @property
    def note(self) -> StrOrPromise:
        """The first thing that is not in order, for the day board."""
        return next((light.text for light in self.lights if light.tone != OK), "")


def of(appointment: Appointment) -> Readiness:
    return of_all([appointment])[appointment.pk]


def of_all(appointments: Sequence[Appointment]) -> dict[UUID, Readiness]:
    """By appointment, in a constant number of queries."""
    people = {a.client_id for a in appointments if a.client_id is not None}
    today = timezone.localdate(timezone=appointments[0].location.zone) if appointments else None
    papers = intake.readiness(people, today=today) if people else {}
    pending = _pending(people) if people else {}
    reserved = _reserved(appointments)
    lead = policy_of(appointments[0].location).prescription_lead if appointments else 0
    found = {}
    for appointment in appointments:
        readiness = found[appointment.pk] = Readiness()
        if appointment.client_id is None or not appointment.option.service.needs_intake:
            continue
        if (paper := papers.get(appointment.client_id)) is not None:
            _intake_lights(readiness, paper)
        if appointment.needs_prescription:
            reservation = reserved.get(appointment.reservation_id)
            status = pending.get(appointment.client_id)
            due = appointment.starts_at - timedelta(minutes=lead)
            _prescription_lights(readiness, reservation, status, due)
    return found


def _intake_lights(readiness: Readiness, paper: IntakeReadiness) -> None:
    readiness.lights.append(Light(_("Health questionnaire"), paper.light, paper.text))
    signed = Light(_("Consent"), OK, _("Signed"))
    readiness.lights.append(signed if paper.consented else Light(_("Consent"), WARN, _("To sign")))
    if not paper.complete:
        readiness.missing.append(_("The health questionnaire is not complete."))
        readiness.step = "intake"
    elif not paper.consented:
        readiness.missing.append(_("The consent is not signed."))
        readiness.step = "intake"
    elif paper.light == STOP:
        readiness.missing.append(
            _("The health questionnaire raised a stop that the therapist has to decide on.")
        )


def _prescription_lights(
    readiness: Readiness,
    reservation: VisitReservation | None,
    status: str | None,
    due: datetime,
) -> None:
    label = _("Prescription")
    if reservation is not None:
        left = reservation.prescription.bookable
        readiness.lights.append(Light(label, OK, _("Covered")))
        text = (
            ngettext("%(count)s visit left to book", "%(count)s visits left to book", left)
            % {"count": left}
            if left
            else _("No visits left to book")
        )
        readiness.lights.append(Light(_("On this prescription"), OK if left else WARN, text))
        return
    readiness.missing.append(
        _("No approved prescription covers this visit. Review one, or make it self-pay.")
    )
    if status == Prescription.Status.SUBMITTED:
        readiness.lights.append(Light(label, WARN, _("We are reviewing it")))
        readiness.step = readiness.step or "wait"
        return
    asked = status == Prescription.Status.NEEDS_INFORMATION
    send = (
        _("Send it by %(when)s") % {"when": when(due)} if due > timezone.now() else _("Send it now")
    )
    readiness.lights.append(Light(label, WARN, _("More information needed") if asked else send))
    readiness.step = readiness.step or "prescription"


def _reserved(appointments: Sequence[Appointment]) -> dict[UUID | None, VisitReservation]:
    """Reservations that still hold (or have used) a visit, by id."""
    wanted = [a.reservation_id for a in appointments if a.reservation_id is not None]
    if not wanted:
        return {}
    rows = VisitReservation.objects.filter(pk__in=wanted).exclude(
        status=VisitReservation.Status.RELEASED
    )
    return {row.pk: row for row in rows.select_related("prescription")}


def _pending(people: set[UUID]) -> dict[UUID, str]:
    """The newest prescription of each that is not decided yet, as its status."""
    rows = (
        Prescription.objects.filter(
            client__in=people,
            status__in=[Prescription.Status.SUBMITTED, Prescription.Status.NEEDS_INFORMATION],
        )
        .order_by("created_at")
        .values_list("client_id", "status")
    )
    return dict(rows)
