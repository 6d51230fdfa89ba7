"""What the record of an order says, for a letter. Signed notes only; constant in queries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic import body
from prescriptions.models import VisitReservation
from treatment.letters.errors import NothingToReport
from treatment.letters.facts import Facts
from treatment.models import TreatmentNote, Visit
from treatment.notes import content
from treatment.notes.selectors import is_of_session
from treatment.outcomes import change

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from prescriptions.models import Prescription


def notes_of(order: Prescription) -> list[TreatmentNote]:
    """Signed notes of the order's visits, oldest first; no session taken back since."""
    found = (
        TreatmentNote.objects.filter(
            visit__appointment__reservation__prescription=order,
            visit__status=Visit.Status.FINISHED,
            signed_at__isnull=False,
        )
        .select_related("visit__appointment__location")
        .order_by("visit__appointment__starts_at")
    )
    return [note for note in found if is_of_session(note, note.visit)]


def used_days(order: Prescription) -> list[date]:
    used = order.reservations.filter(status=VisitReservation.Status.USED)
    return list(used.order_by("visit_on").values_list("visit_on", flat=True))


def facts_of(order: Prescription, notes: Sequence[TreatmentNote]) -> Facts:
    """What a letter tells; `notes` as `notes_of` finds them.

    Raises:
        NothingToReport: no visit of the order, or no signed note of one.
    """
    visits = used_days(order)
    if not visits or not notes or order.starts_on is None or order.through_on is None:
        raise NothingToReport
    client, latest = order.client, notes[-1]
    told = change.of(client, visits[0], visits[-1])
    relief = told.relief_typical
    has_function = told.function_first is not None and told.function_last is not None
    first_hurt, latest_hurt = places(notes)
    return Facts(
        patient=client.name,
        born=client.birth_date,
        prescriber=f"{order.prescriber_name}, {order.prescriber_credential}",
        prescriber_npi=order.prescriber_npi,
        written_on=order.issued_on,
        order_text=order.order_text,
        codes=_codes(order),
        starts_on=order.starts_on,
        through_on=order.through_on,
        authorized=order.authorized,
        visits=tuple(visits),
        pain=_pain(notes),
        function=(str(told.function_first), str(told.function_last)) if has_function else None,
        band=str(told.band.label) if has_function and told.band else "",
        relief=(f"{relief.days:g}", relief.is_censored) if relief else None,
        hurt_first=first_hurt,
        hurt_latest=latest_hurt,
        is_hurt_known=bool(first_hurt or latest_hurt),
        treated_on=latest.visit.appointment.local_date,
        techniques=_techniques(latest.visit),
    )


def _codes(order: Prescription) -> tuple[tuple[str, str], ...]:
    rows = order.diagnoses.select_related("code")
    return tuple((row.code.code, row.code.description) for row in rows)


def _pain(notes: Sequence[TreatmentNote]) -> tuple[int, int] | None:
    """Before the first and before the latest visit that tell it; one alone shows no change."""
    first, last = change.ends([content.score(note.said, "pain_now") for note in notes])
    return None if first is None or last is None else (first, last)


def places(notes: Sequence[TreatmentNote]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Where it hurt by the first note and by the latest; () twice unless both of them say it."""
    told = [note.said.get("hurts", "").split() for note in (notes[0], notes[-1])]
    if len(notes) < 2 or not all(told):
        return (), ()
    known = body.places_by_key()
    first, latest = (tuple(str(known[key].label) for key in keys if key in known) for keys in told)
    return first, latest


def _techniques(visit: Visit) -> tuple[tuple[str, int], ...]:
    """As they stand now, with what was corrected."""
    rows = visit.minutes.select_related("technique").order_by("position")
    return tuple((row.technique.name, row.minutes) for row in rows)
