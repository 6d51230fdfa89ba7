"""What a reviewer must have before a prescription can be approved (docs/domain.md, review)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from prescriptions import icd10, npi
from prescriptions.order import CAP_MONTHS, Unit, last_day

if TYPE_CHECKING:
    from collections.abc import Mapping

# Who may prescribe, as the clinic accepts it.
CREDENTIALS = ("MD", "DO", "DC", "NP", "PA", "DPM", "DDS")
MODALITIES = ("massage", "manual")
MAX_VISITS = 365
STALE = timedelta(days=365)  # commonly renewed every 12 months


@dataclass(frozen=True, kw_only=True)
class Elements:
    """The prescription as the reviewer read it: the four elements, dates, prescriber, checks."""

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


def problems(
    elements: Elements, *, billable: Mapping[str, bool], today: date
) -> dict[str, list[str]]:
    """All that stands against approval, by field; empty when nothing does."""
    found: dict[str, list[str]] = {}

    def say(field: str, text: str) -> None:
        found.setdefault(field, []).append(text)

    for field, text in _missing(elements):
        say(field, text)
    for field, text in _dates(elements, today):
        say(field, text)
    for verdict in (icd10.judge(code, billable) for code in elements.codes):
        if not verdict.accepted:
            say("codes", verdict.message)
    if len(elements.codes) > icd10.MAX_CODES:
        say("codes", _("A prescription carries at most 12 codes."))
    if elements.visits is not None and not 1 <= elements.visits <= MAX_VISITS:
        say("visits", _("The number of visits must be between 1 and 365."))
    if elements.modality and elements.modality not in MODALITIES:
        say("modality", _("The order must name massage or manual therapy."))
    if elements.prescriber_npi and not npi.is_valid(elements.prescriber_npi):
        say(
            "prescriber_npi",
            _("This is not a valid NPI: ten digits, and the last one is a check digit."),
        )
    if elements.prescriber_credential and elements.prescriber_credential not in CREDENTIALS:
        say("prescriber_credential", _("We cannot accept an order from this credential."))
    return found


def _missing(elements: Elements) -> list[tuple[str, str]]:
    needed = {
        "reason": _("Write the reason of medical necessity as it stands in the order."),
        "order_text": _("Write the number, frequency and duration as they stand in the order."),
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
        found.append(("issued_on", _("An order cannot be written in the future.")))
    if issued and starts and starts < issued:
        found.append(("starts_on", _("It cannot be valid before it was written.")))
    if starts and through and through < starts:
        found.append(("through_on", _("The last day comes before the first.")))
    elif starts and through and through > last_day(starts, CAP_MONTHS, Unit.MONTH):
        found.append(("through_on", _("An order is valid for 12 months at most.")))
    return found


def warnings(elements: Elements, *, today: date) -> list[str]:
    """What a reviewer should look at twice; none of it stops an approval."""
    found = [
        _("%(one)s and %(other)s exclude each other in ICD-10-CM. The prescriber decides.")
        % {"one": one, "other": other}
        for one, other in icd10.clashes(elements.codes)
    ]
    if elements.through_on and elements.through_on < today:
        found.append(_("The last day of this order has already passed."))
    if elements.issued_on and today - elements.issued_on > STALE:
        found.append(_("This order was written more than a year ago."))
    return found
