"""What a reviewer must have before a prescription can be approved (docs/domain.md, review)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from clinic import npi
from prescriptions import icd10
from prescriptions.order import CAP_MONTHS, Unit, last_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Who may prescribe, as the clinic accepts it.
CREDENTIALS = ("MD", "DO", "DC", "NP", "PA", "DPM", "DDS")
MODALITIES = ("massage", "manual")
MAX_VISITS = 365
STALE = timedelta(days=365)  # commonly renewed every 12 months
CLAIM_LASTS = timedelta(minutes=15)  # a reviewer called away must not block the queue
# Payers (`Payer.Kind`) that are billed by claim: they authorise first, and a second person may
# have to agree.
CLAIMS = ("auto_no_fault", "workers_comp", "va")
# What each reviewer ticks for themselves.
OWN = ("is_legible", "is_this_person", "is_signed")
OK, WARN, OPEN = "ok", "warn", "open"


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
    is_authorized: bool = False  # by the payer, where one has to
    regions: tuple[str, ...] = ()  # keys of `clinic.body`


@dataclass(frozen=True, kw_only=True)
class Around:
    """What a reviewer knows besides the paper: who pays, and the client's other prescriptions."""

    today: date
    payer: str = ""
    others: Sequence[tuple[frozenset[str], date | None]] = ()  # codes, written on

    @property
    def is_claim(self) -> bool:
        return self.payer in CLAIMS


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist."""

    label: str
    tone: str
    says: list[str]


def is_claimed(claimed_at: datetime | None, now: datetime) -> bool:
    """Whether a reviewer has it open still."""
    return claimed_at is not None and now - claimed_at < CLAIM_LASTS


def problems(
    elements: Elements, *, billable: Mapping[str, bool], today: date, is_claim: bool = False
) -> dict[str, list[str]]:
    """All that stands against approval, by field; empty when nothing does.

    `is_claim`: a payer is billed who authorises first (auto, work, VA).
    """
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
    if is_claim and not elements.is_authorized:
        say("is_authorized", _("Confirm that the payer has authorised these visits."))
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


def doubts(elements: Elements, around: Around) -> dict[str, list[str]]:
    """What a reviewer should look at twice, by field; none of it stops an approval."""
    found: dict[str, list[str]] = {}
    for one, other in icd10.clashes(elements.codes):
        text = _("%(one)s and %(other)s exclude each other in ICD-10-CM. The prescriber decides.")
        found.setdefault("codes", []).append(text % {"one": one, "other": other})
    if elements.through_on and elements.through_on < around.today:
        found["through_on"] = [_("The last day of this order has already passed.")]
    if elements.issued_on and around.today - elements.issued_on > STALE:
        found["issued_on"] = [_("This order was written more than a year ago.")]
    if not elements.regions:
        found["regions"] = [_("No part of the body is chosen.")]
    if _is_repeated(elements, around):
        found["duplicate"] = [
            _("Another prescription of this client has the same codes and the same date.")
        ]
    return found


def _is_repeated(elements: Elements, around: Around) -> bool:
    codes = frozenset(elements.codes)
    return bool(codes) and (codes, elements.issued_on) in around.others


def checklist(elements: Elements, around: Around, wrong: Mapping[str, list[str]]) -> list[Check]:
    """The whole list (docs/domain.md, review), each line with what stands against it."""
    doubtful = doubts(elements, around)
    lines: list[tuple[str, tuple[str, ...]]] = [
        (_("Every page can be read"), ("is_legible",)),
        (_("Name and date of birth match"), ("is_this_person",)),
        (_("Reason of medical necessity"), ("reason",)),
        (_("Number, frequency, duration"), ("order_text", "visits", "starts_on", "through_on")),
        (_("Massage or manual therapy"), ("modality",)),
        (_("Complete diagnosis codes"), ("codes",)),
        (_("Written on a possible day"), ("issued_on",)),
        (_("Signed and dated"), ("is_signed",)),
        (_("Prescriber we can accept"), ("prescriber_name", "prescriber_credential")),
        (_("Valid NPI"), ("prescriber_npi",)),
        (_("Part of the body"), ("regions",)),
        (_("Not sent before"), ("duplicate",)),
    ]
    if around.is_claim:
        lines.append((_("Authorised by the payer"), ("is_authorized",)))
    found = []
    for label, fields in lines:
        against = [text for name in fields for text in wrong.get(name, ())]
        doubt = [text for name in fields for text in doubtful.get(name, ())]
        tone = OPEN if against else WARN if doubt else OK
        found.append(Check(label, tone, against or doubt))
    return found


def as_reading(elements: Elements) -> dict[str, Any]:
    """As it is kept for the second person: days as text, places and codes as lists."""
    return {name: _plain(value) for name, value in asdict(elements).items()}


def differences(first: Mapping[str, Any], second: Elements) -> list[str]:
    """The fields that two people read differently."""
    read = as_reading(second)
    return [name for name in read if name in first and read[name] != first[name]]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
