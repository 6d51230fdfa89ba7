"""Prescriptions for anybody's tests, made through the real services."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

from clinic.models import Client, Location, Role, User
from clinic.selectors import clinic_today
from prescriptions import ledger
from prescriptions.codes import loading
from prescriptions.elements import Elements
from prescriptions.models import DiagnosisCode, DiagnosisStart, Prescription
from prescriptions.reading.order import CAP_MONTHS, Unit, last_day
from prescriptions.reviewing import services
from prescriptions.uploading import receiving
from tests.factories import make_location, make_user
from tests.prescriptions import paper

CODES = {
    "M54": (False, "Dorsalgia"),
    "M54.2": (True, "Cervicalgia"),
    "M54.5": (False, "Low back pain"),
    "M54.50": (True, "Low back pain, unspecified"),
    "M54.59": (True, "Other low back pain"),
    "M79.18": (True, "Myalgia, other site"),
    "M62.830": (True, "Muscle spasm of back"),
    "G35": (False, "Multiple sclerosis"),
    "G35.D": (True, "Multiple sclerosis, unspecified"),
    "S13.4": (False, "Sprain of ligaments of cervical spine"),
    "S13.4XXA": (True, "Sprain of ligaments of cervical spine, initial encounter"),
}


def make_codes() -> None:
    """A few codes, and what finds them; the whole table takes seconds."""
    if not DiagnosisStart.objects.exists():
        loading.keep(
            DiagnosisCode(code=code, billable=billable, description=words, release="test")
            for code, (billable, words) in CODES.items()
        )


def make_elements(**fields: Any) -> Elements:
    """Complete: 12 visits, valid from three days ago for six weeks."""
    issued = fields.get("issued_on") or clinic_today() - timedelta(days=3)
    starts = fields.get("starts_on") or issued
    values: dict[str, Any] = {
        "reason": "Neck pain after long desk work",
        "order_text": "2 sessions per week for 6 weeks",
        "visits": 12,
        "modality": Prescription.Modality.MASSAGE,
        "codes": ("M54.2",),
        "issued_on": issued,
        "starts_on": starts,
        "through_on": last_day(starts, 6, Unit.WEEK),
        "prescriber_name": "Kofi Osei",
        "prescriber_credential": "MD",
        "prescriber_npi": "1234567893",
        "is_legible": True,
        "is_this_person": True,
        "is_signed": True,
        "is_authorized": True,
        **fields,
    }
    return Elements(**values)


def reviewer() -> User:
    found = User.objects.filter(role=Role.FRONT_DESK).order_by("date_joined").first()
    return found or make_user("reviewer@clinic.test", Role.FRONT_DESK)


def submitted_prescription(client: Client, **fields: Any) -> Prescription:
    """Sent in by its client, with a real PDF that names them."""
    lines = [line.replace("Ana Lima", client.name) for line in paper.ORDER]
    upload = paper.pdf([*lines, f"Reference {uuid4()}"])
    return receiving.submit(actor=client.user, client=client, uploads=[upload], **fields)


def approved_prescription(client: Client, **fields: Any) -> Prescription:
    """Approved: 12 visits from three days ago for six weeks, unless fields of `Elements` differ.

    `used=3` uses three of them; `months=2` makes it valid for two months.
    """
    if not Location.objects.exists():
        make_location()
    make_codes()
    used = fields.pop("used", 0)
    if months := fields.pop("months", None):
        starts = fields.get("starts_on") or clinic_today() - timedelta(days=3)
        fields["through_on"] = last_day(starts, min(months, CAP_MONTHS), Unit.MONTH)
    actor = reviewer()
    prescription = services.approve(
        actor=actor,
        prescription=submitted_prescription(client),
        elements=make_elements(**fields),
    )
    for _ in range(used):
        on: date = prescription.starts_on or clinic_today()
        reservation = ledger.reserve_visit(actor=actor, prescription=prescription, on=on)
        ledger.use_visit(actor=actor, reservation=reservation)
    prescription.refresh_from_db()
    return prescription
