"""What a reviewer should look at before approving, and how long one has it open. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.format import us_date
from prescriptions.codes import icd10

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prescriptions.elements import Elements

STALE = timedelta(days=365)  # commonly renewed every 12 months
CLAIM_LASTS = timedelta(minutes=15)  # a reviewer called away must not block the queue
# Payers (`Payer.Kind`) that are billed by claim: they authorize first, and a second person may
# have to agree.
CLAIMS = ("auto_no_fault", "workers_comp", "va")
# What each reviewer does alone: a second one does not see that the first has.
REVIEWER_CHECKS = ("is_legible", "is_this_person", "is_signed", "confirmed")
OK, WARN, OPEN = "ok", "warn", "open"


@dataclass(frozen=True, kw_only=True)
class ReviewContext:
    """What a reviewer knows beyond the paper: who pays, and the client's other prescriptions."""

    today: date
    payer: str = ""
    others: Sequence[tuple[frozenset[str], date | None]] = ()  # codes, written on
    table: icd10.Table = field(default_factory=icd10.Table)  # what is known of its codes

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
    """Whether a reviewer still has it open."""
    return claimed_at is not None and now - claimed_at < CLAIM_LASTS


def doubts(elements: Elements, context: ReviewContext) -> dict[str, list[str]]:
    """What a reviewer should double-check, by field; none of it blocks approval."""
    found: dict[str, list[str]] = {}
    for one, other in icd10.clashes(elements.codes):
        text = _("%(one)s and %(other)s exclude each other in ICD-10-CM. The prescriber decides.")
        found.setdefault("codes", []).append(text % {"one": one, "other": other})
    for code, last in icd10.ending(elements.codes, context.table, elements.through_on or date.min):
        text = _("%(code)s ends on %(day)s: visits after that day need another one.")
        found.setdefault("codes", []).append(text % {"code": code, "day": us_date(last)})
    if elements.through_on and elements.through_on < context.today:
        found["through_on"] = [_("The last day of this order has already passed.")]
    if elements.issued_on and context.today - elements.issued_on > STALE:
        found["issued_on"] = [_("This order was written more than a year ago.")]
    if not elements.regions:
        found["regions"] = [_("No treatment area is chosen.")]
    if _is_repeated(elements, context):
        found["duplicate"] = [
            _("Another prescription for this client has the same codes and the same date.")
        ]
    return found


def _is_repeated(elements: Elements, context: ReviewContext) -> bool:
    codes = frozenset(elements.codes)
    return bool(codes) and (codes, elements.issued_on) in context.others


def checklist(
    elements: Elements, context: ReviewContext, wrong: Mapping[str, list[str]]
) -> list[Check]:
    """The whole checklist (docs/prescriptions.md), each line with what is wrong, if anything."""
    doubtful = doubts(elements, context)
    lines: list[tuple[str, tuple[str, ...]]] = [
        (_("Every page can be read"), ("is_legible",)),
        (_("Name and date of birth match"), ("is_this_person",)),
        (_("Reason for medical necessity"), ("reason",)),
        (_("Number, frequency, duration"), ("order_text", "visits", "starts_on", "through_on")),
        (_("Massage or manual therapy"), ("modality",)),
        (_("Complete diagnosis codes"), ("codes", "confirmed")),
        (_("Written on a plausible date"), ("issued_on",)),
        (_("Signed and dated"), ("is_signed",)),
        (_("Prescriber we can accept"), ("prescriber_name", "prescriber_credential")),
        (_("Valid NPI"), ("prescriber_npi",)),
        (_("Treatment area"), ("regions",)),
        (_("Not sent before"), ("duplicate",)),
    ]
    if context.is_claim:
        lines.append((_("Authorized by the payer"), ("is_authorized",)))
    found = []
    for label, fields in lines:
        against = [text for name in fields for text in wrong.get(name, ())]
        doubt = [text for name in fields for text in doubtful.get(name, ())]
        tone = OPEN if against else WARN if doubt else OK
        found.append(Check(label, tone, against or doubt))
    return found
