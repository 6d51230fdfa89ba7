"""What a visit still needs before it may begin: one light per item, and the next step."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from booking.selectors import policy_of
from clinic.format import when
from clinic.models import Client, Guardian
from intake import selectors as intake
from prescriptions.models import Prescription, VisitReservation

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from booking.models import Appointment
    from intake.selectors import AskedAloud, IntakeReadiness

OK, WARN, STOP = "ok", "warn", "stop"
GRAVITY = (OK, WARN, STOP)


@dataclass(frozen=True, slots=True)
class Light:
    label: StrOrPromise
    tone: str
    text: StrOrPromise


class Gap(NamedTuple):
    """What we do not know of a person."""

    birth_date: bool
    address: bool


@dataclass(slots=True)
class Readiness:
    """`missing` says what is missing, in words for the desk; empty: the visit may begin."""

    lights: list[Light] = field(default_factory=list)
    missing: list[StrOrPromise] = field(default_factory=list)
    step: str = ""  # what the client does next: intake | prescription | wait

    @property
    def tone(self) -> str:
        return max((light.tone for light in self.lights), key=GRAVITY.index, default=OK)

    @property
    def note(self) -> StrOrPromise:
        """The first thing that is not ready, for the day board."""
        return next((light.text for light in self.lights if light.tone != OK), "")


def of(appointment: Appointment) -> Readiness:
    return of_all([appointment])[appointment.pk]


def of_all(appointments: Sequence[Appointment]) -> dict[UUID, Readiness]:
    """By appointment, in a constant number of queries."""
    people = {a.client_id for a in appointments if a.client_id is not None}
    today = timezone.localdate(timezone=appointments[0].location.zone) if appointments else None
    papers = intake.readiness(people, today=today) if people else {}
    aloud = _asked_aloud(appointments, papers, today)
    pending = _pending(people) if people else {}
    gaps = _gaps(people) if people else {}
    reserved = _reserved(appointments)
    lead = policy_of(appointments[0].location).prescription_lead if appointments else 0
    found = {}
    for appointment in appointments:
        readiness = found[appointment.pk] = Readiness()
        gap = gaps.get(appointment.client_id)
        _person_lights(readiness, gap)
        if appointment.client_id is None or not appointment.option.service.needs_intake:
            continue
        if gap is not None and gap.birth_date:
            readiness.missing.append(_("The date of birth is missing. Add it to their details."))
        if (paper := papers.get(appointment.client_id)) is not None:
            _intake_lights(readiness, paper, aloud.get(appointment.pk))
        if appointment.needs_prescription:
            reservation = reserved.get(appointment.reservation_id)
            status = pending.get(appointment.client_id)
            due = appointment.starts_at - timedelta(minutes=lead)
            _prescription_lights(readiness, reservation, status, due)
    return found


def _person_lights(readiness: Readiness, gap: Gap | None) -> None:
    """What was left out when they were added, by telephone: asked for at check-in."""
    if gap is None:
        return
    if gap.birth_date:
        readiness.lights.append(Light(_("Date of birth"), WARN, _("Birth date missing")))
    if gap.address:
        readiness.lights.append(Light(_("Contact"), WARN, _("No way to reach them")))


def _gaps(people: set[UUID]) -> dict[UUID | None, Gap]:
    """Of whom we lack something, and what."""
    guarded = Guardian.objects.filter(client=OuterRef("pk"))
    rows = (
        Client.objects.filter(pk__in=people)
        .values_list("pk", "birth_date")
        .annotate(out_of_reach=Q(email="", phone="", user=None) & ~Exists(guarded))
    )
    return {pk: Gap(born is None, away) for pk, born, away in rows if born is None or away}


def _asked_aloud(
    appointments: Sequence[Appointment], papers: dict[UUID, IntakeReadiness], today: date | None
) -> dict[UUID, AskedAloud]:
    """Where the questionnaire is due: what this visit's own therapist asked aloud today."""
    due = [
        one
        for one in appointments
        if one.client_id is not None and one.local_date == today and _is_due(papers[one.client_id])
    ]
    if not due or today is None:
        return {}
    asked = intake.asked_aloud([one.pk for one in due], today=today)
    return {
        one.pk: found
        for one in due
        if (found := asked.get(one.pk)) is not None
        # Nobody else's word counts, nor what was said of someone else.
        and (found.therapist, found.client) == (one.therapist_id, one.client_id)
    }


def _is_due(paper: IntakeReadiness) -> bool:
    return not (paper.complete and paper.consented)


def _intake_lights(
    readiness: Readiness, paper: IntakeReadiness, aloud: AskedAloud | None = None
) -> None:
    if aloud is not None and paper.light != STOP:
        _aloud_lights(readiness, aloud)
        return
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
            _("The health questionnaire raised a stop the therapist has to review.")
        )


def _aloud_lights(readiness: Readiness, aloud: AskedAloud) -> None:
    """For today only: the questionnaire itself stays due."""
    label = _("Health questionnaire")
    readiness.step = "intake"
    if aloud.may_go_ahead:
        readiness.lights.append(Light(label, WARN, _("Asked aloud, for today only")))
        readiness.lights.append(Light(_("Consent"), OK, _("Signed for today")))
        return
    readiness.lights.append(Light(label, STOP, _("No treatment today")))
    readiness.missing.append(
        _("What the client answered aloud stops this visit. Move it free of charge, or cancel it.")
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
    """The status of each client's newest undecided prescription."""
    rows = (
        Prescription.objects.filter(
            client__in=people,
            status__in=[Prescription.Status.SUBMITTED, Prescription.Status.NEEDS_INFORMATION],
        )
        .order_by("created_at")
        .values_list("client_id", "status")
    )
    return dict(rows)
