"""What a prescriber enters on the page behind a link, and what is required to sign. Pure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from clinic import body
from clinic.format import us_date
from prescriptions import elements
from prescriptions.codes import icd10
from prescriptions.reading import sig
from prescriptions.reading.order import Unclear
from prescriptions.reading.proposals import Found

if TYPE_CHECKING:
    from collections.abc import Mapping

ATTESTATION_VERSION = "2026-11"
FURTHEST_START = timedelta(days=180)
# Words that leave the number or the end open. A reviewer reads what we simply cannot.
OPEN_ENDS = (Unclear.NO_END, Unclear.AS_NEEDED, Unclear.EVALUATE, Unclear.AMBIGUOUS)


def attestation() -> str:
    """What the prescriber attests; stored word for word with the signature."""
    return _(
        "I am the licensed prescriber named here. I have evaluated this patient, and what I have "
        "written is my own clinical judgment and is medically necessary. My typed name is my "
        "signature below."
    )


def unclear_order() -> dict[Unclear, str]:
    """What we tell the prescriber, who can still reword it."""
    no_number = _("“As needed” has no number: please write how many, how often, how long.")
    two_ways = _("This can be read two ways: please write it as “2 sessions per week”.")
    unread = _("We could not work this out; a person will read it as you wrote it.")
    return {
        Unclear.NO_END: _("Please write for how long, or how many sessions in total."),
        Unclear.AS_NEEDED: no_number,
        Unclear.EVALUATE: _("“Evaluate and treat” has no number: how many, how often, how long?"),
        Unclear.AMBIGUOUS: two_ways,
        Unclear.UNREADABLE: unread,
    }


def code_trouble(verdict: icd10.Verdict) -> str:
    """Why a code is refused, worded for the prescriber; blank if it is accepted."""
    said = {
        icd10.Refusal.SHAPE: _("%(code)s does not look like an ICD-10-CM code, such as M54.2."),
        icd10.Refusal.UNKNOWN: _("%(code)s is not in this year's ICD-10-CM."),
        icd10.Refusal.HEADER: _("%(code)s is a heading. Please enter the complete code."),
        icd10.Refusal.SEVENTH: _(
            "%(code)s is incomplete: injury codes need seven characters, such as S13.4XXA."
        ),
        icd10.Refusal.NOT_YET: _("%(code)s is valid from %(first)s on. Please check it."),
        icd10.Refusal.OVER: _(
            "%(code)s was valid through %(last)s. Please enter the code that took its place."
        ),
    }
    newer = _("We do not have %(code)s in our list yet. Please check that it is right.")
    text = said[verdict.refusal] if verdict.refusal else newer if verdict.is_newer else ""
    first, last = us_date(verdict.known.first), us_date(verdict.known.last)
    return text % {"code": verdict.code, "first": first, "last": last}


@dataclass(frozen=True, kw_only=True)
class Answers:
    reason: str = ""
    order_text: str = ""
    modality: str = ""
    codes: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()  # places of the body map
    starts_on: date | None = None
    prescriber_name: str = ""
    prescriber_credential: str = ""
    prescriber_npi: str = ""
    prescriber_phone: str = ""

    def as_data(self) -> dict[str, Any]:
        data = asdict(self)
        return data | {"starts_on": self.starts_on.isoformat() if self.starts_on else None}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Answers:
        known = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        start = known.get("starts_on")
        known["starts_on"] = date.fromisoformat(start) if start else None
        known["codes"] = tuple(known.get("codes", ()))
        known["regions"] = tuple(known.get("regions", ()))
        return cls(**known)

    @property
    def places(self) -> list[body.Place]:
        return [body.places_by_key()[key] for key in self.regions if key in body.places_by_key()]


def problems(answers: Answers, *, table: icd10.Table, today: date) -> dict[str, list[str]]:
    """Everything that prevents signing, by field.

    Codes newer than ours do not: who writes them knows, and the reviewer asks about them.
    """
    read = sig.read(answers.order_text, answers.starts_on or today)
    proposal = read if isinstance(read, sig.Proposal) else None
    found = elements.problems(_elements(answers, proposal, today), table=table, today=today)
    wording = _wording()
    said = {name: [wording[name]] if name in wording else texts for name, texts in found.items()}
    if "codes" in said:
        verdicts = [icd10.check(code, table, today) for code in answers.codes]
        said["codes"] = [code_trouble(one) for one in verdicts if one.refusal] or said["codes"]
    if answers.codes == ():
        said["codes"] = [_("Please enter at least one complete ICD-10-CM code, such as M54.2.")]
    if answers.prescriber_npi == "":
        said["prescriber_npi"] = [_("Please enter your NPI.")]
    if isinstance(read, sig.NeedsInformation) and answers.order_text and read.why in OPEN_ENDS:
        said["order_text"] = [unclear_order()[read.why]]
    if answers.starts_on and answers.starts_on > today + FURTHEST_START:
        said["starts_on"] = [_("This is more than half a year ahead. Please check the date.")]
    return _at_own_fields(said)


def _elements(answers: Answers, proposal: sig.Proposal | None, today: date) -> elements.Elements:
    """What a reviewer would read from the signed order."""
    return elements.Elements(
        reason=answers.reason,
        order_text=answers.order_text,
        visits=proposal.visits if proposal else 1,
        modality=answers.modality,
        codes=answers.codes,
        issued_on=today,
        starts_on=answers.starts_on,
        through_on=proposal.through if proposal else answers.starts_on,
        prescriber_name=answers.prescriber_name,
        prescriber_credential=answers.prescriber_credential,
        prescriber_npi=answers.prescriber_npi,
        is_legible=True,
        is_this_person=True,
        is_signed=True,
        confirmed=answers.codes,
    )


def _wording() -> dict[str, str]:
    """The reviewer's wording is about a paper document; this is for the prescriber."""
    return {
        "reason": _("Please write why massage is medically needed."),
        "order_text": _("Please write how many sessions, how often, and for how long."),
        "modality": _("Please choose massage therapy or manual therapy."),
        "starts_on": _("Please enter the first day it is valid: today or later."),
        "prescriber_name": _("Please enter your name."),
        "prescriber_credential": _("Please choose your credential."),
    }


def _at_own_fields(said: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """What follows from another field is said there: last day too far off, too many visits."""
    own = {field.name for field in fields(Answers)}
    other = [text for name, texts in said.items() if name not in own for text in texts]
    kept = {name: texts for name, texts in said.items() if name in own}
    if other and not kept:
        kept["order_text"] = other
    return kept


def proposals(data: Mapping[str, Any], *, signed_on: date) -> dict[str, Found]:
    """The signed answers as proposals for the reviewer's form; a person still confirms them."""
    answers = Answers.from_data(data)
    values = {
        "reason": answers.reason,
        "order_text": answers.order_text,
        "modality": answers.modality,
        "codes": ", ".join(answers.codes),
        "issued_on": signed_on.isoformat(),
        "starts_on": answers.starts_on.isoformat() if answers.starts_on else "",
        "prescriber_name": answers.prescriber_name,
        "prescriber_credential": answers.prescriber_credential,
        "prescriber_npi": answers.prescriber_npi,
        "prescriber_phone": answers.prescriber_phone,
        "regions": " ".join(answers.regions),
    }
    return {name: Found(value, 1) for name, value in values.items() if value}
