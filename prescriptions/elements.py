"""What a prescription must say before visits can be booked on it: docs/prescriptions.md. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from clinic.ids import npi
from prescriptions.codes import icd10
from prescriptions.reading.credentials import CREDENTIALS
from prescriptions.reading.order import CAP_MONTHS, Unit, last_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MODALITIES = ("massage", "manual")
MAX_VISITS = 365


@dataclass(frozen=True, kw_only=True)
class Elements:
    """The prescription as the reviewer read it: four elements, dates, prescriber, checks."""

    reason: str = ""
    order_text: str = ""
    visits: int | None = None
    modality: str = ""
    codes: tuple[str, ...] = ()
    issued_on: date | None = None
    starts_on: date | None = None
    through_on: date | None = None
    prescriber_name: str = ""
    prescriber_credential: str = ""
    prescriber_npi: str = ""
    prescriber_phone: str = ""
    is_legible: bool = False
    is_this_person: bool = False
    is_signed: bool = False
    is_authorized: bool = False  # by the payer, where required
    regions: tuple[str, ...] = ()  # keys of `clinic.body`
    # Codes newer than our table that the prescriber's office was asked about.
    confirmed: tuple[str, ...] = ()


def problems(
    elements: Elements, *, table: icd10.Table, today: date, is_claim: bool = False
) -> dict[str, list[str]]:
    """Everything that blocks approval, by field; empty when nothing does.

    `table`: what is known of its codes.
    `is_claim`: billed to a payer that authorizes first (auto, work, VA).
    """
    found: dict[str, list[str]] = {}

    def say(field: str, text: str) -> None:
        found.setdefault(field, []).append(text)

    for field, text in _missing(elements):
        say(field, text)
    for field, text in _dates(elements, today):
        say(field, text)
    for field, text in _codes(elements, table, today):
        say(field, text)
    if elements.visits is not None and not 1 <= elements.visits <= MAX_VISITS:
        say("visits", _("The number of visits must be between 1 and 365."))
    if elements.modality and elements.modality not in MODALITIES:
        say("modality", _("The order must name massage or manual therapy."))
    if elements.prescriber_npi and not npi.is_valid(elements.prescriber_npi):
        say(
            "prescriber_npi",
            _("This is not a valid NPI: ten digits, and the last one is a check digit."),
        )
    if is_claim and not elements.is_authorized:
        say("is_authorized", _("Confirm that the payer has authorized these visits."))
    if elements.prescriber_credential and elements.prescriber_credential not in CREDENTIALS:
        say("prescriber_credential", _("We cannot accept an order from this credential."))
    return found


def verdicts(elements: Elements, table: icd10.Table, today: date) -> list[icd10.Verdict]:
    """Each of its codes, on the day it was written."""
    on = elements.issued_on or today
    return [icd10.check(code, table, on) for code in elements.codes]


def _codes(elements: Elements, table: icd10.Table, today: date) -> Iterator[tuple[str, str]]:
    for verdict in verdicts(elements, table, today):
        if verdict.refusal:
            yield "codes", verdict.message
        elif verdict.is_newer and verdict.code not in elements.confirmed:
            yield "confirmed", verdict.message
    if len(elements.codes) > icd10.MAX_CODES:
        yield "codes", _("A prescription can have at most 12 codes.")


def _missing(elements: Elements) -> list[tuple[str, str]]:
    needed = {
        "reason": _("Enter the reason for medical necessity as the order states it."),
        "order_text": _("Enter the number, frequency, and duration as the order states them."),
        "visits": _("Confirm the number of visits."),
        "modality": _("Choose the modality that the order names."),
        "codes": _("Enter at least one diagnosis code."),
        "issued_on": _("Enter the date the order was written."),
        "starts_on": _("Enter the first day it is valid."),
        "through_on": _("Confirm the last day it is valid."),
        "prescriber_name": _("Enter the prescriber's name."),
        "prescriber_credential": _("Choose the prescriber's credential."),
        "prescriber_npi": _("Enter the prescriber's NPI."),
        "is_legible": _("Confirm that every page can be read."),
        "is_this_person": _("Confirm that name and date of birth match."),
        "is_signed": _("Confirm that it is signed and dated."),
    }
    return [
        (field, text)
        for field, text in needed.items()
        if getattr(elements, field) in (None, "", (), False)
    ]


def _dates(elements: Elements, today: date) -> list[tuple[str, str]]:
    found = []
    issued, starts, through = elements.issued_on, elements.starts_on, elements.through_on
    if issued and issued > today:
        found.append(("issued_on", _("An order cannot be dated in the future.")))
    if issued and starts and starts < issued:
        found.append(("starts_on", _("It cannot be valid before it was written.")))
    if starts and through and through < starts:
        found.append(("through_on", _("The last day comes before the first.")))
    elif starts and through and through > last_day(starts, CAP_MONTHS, Unit.MONTH):
        found.append(("through_on", _("An order is valid for 12 months at most.")))
    return found


def as_reading(elements: Elements) -> dict[str, Any]:
    """The form stored for the second person: days as text, places and codes as lists."""
    return {name: _plain(value) for name, value in asdict(elements).items()}


def differences(first: Mapping[str, Any], second: Elements) -> list[str]:
    """The fields the two people read differently."""
    read = as_reading(second)
    return [name for name in read if name in first and read[name] != first[name]]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
