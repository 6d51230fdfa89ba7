"""Clients' paperwork: signed health histories, and prescriptions in every review state."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import timezone
from weasyprint import HTML

from clinic import selectors as clinic_selectors
from clinic.documents import printing
from demo.moments import at
from intake import questionnaire
from intake import services as intake
from prescriptions.elements import Elements
from prescriptions.models import ReviewDecision
from prescriptions.reading import sig
from prescriptions.reviewing import services
from prescriptions.uploading import receiving

if TYPE_CHECKING:
    from clinic.models import Client, User
    from demo.people import Order
    from prescriptions.models import Prescription

WELL: dict[str, Any] = {
    "emergency_signs": ["none"],
    "today": ["none"],
    "acute_injury": "no",
    "emergency_name": "Alex Morgan",
    "emergency_relationship": "friend",
    "emergency_phone": "+18455550155",
    "goals": ["less_pain", "move_better"],
    "pain_now": 5,
    "pain_best": 2,
    "pain_worst": 7,
    "blood_clot": "no",
    "blood_pressure": "no",
    "conditions": ["none"],
    "cancer": "no",
    "lymph_nodes": "no",
    "skin": ["none"],
    "blood_thinner": "no",
    "allergies": "no",
    "implants": ["none"],
    "surgery": "no",
    "fracture": "no",
    "pregnant": "not_applicable",
    "pressure": "medium",
}


def sign_intake(client: Client, signer: User, moment: datetime, **changes: Any) -> None:
    """A complete health history, signed by the client, or by a parent for a minor."""
    with at(moment):
        response = intake.start(actor=signer, client=client)
        definition = questionnaire.parse(response.questionnaire.definition)
        said = WELL | changes
        for section in definition.sections:
            asked = [question.id for question in section.questions]
            intake.save_section(
                actor=signer,
                response=response,
                section=section.id,
                answers={name: said[name] for name in asked if name in said},
            )
        intake.sign(
            actor=signer,
            response=response,
            name=client.name if client.user_id == signer.pk else "Omar Haddad",
            agreed=["treatment", "privacy"],
            relationship="" if client.user_id == signer.pk else "parent",
        )


def weeks_before(weeks: int, *, hour: int = 10) -> datetime:
    """That many weeks ago in clinic time, and at least an hour ago."""
    zone = clinic_selectors.location().zone
    day = timezone.localdate(timezone=zone) - timedelta(weeks=weeks)
    moment = datetime.combine(day, time(hour), zone)
    return min(moment, timezone.now() - timedelta(hours=1))


def send_prescription(client: Client, order: Order, reviewer: User) -> Prescription:
    """The paper, uploaded when it was written, and the front desk's decision an hour later."""
    written = weeks_before(order.weeks_ago)
    with at(written):
        prescription = receiving.submit(
            actor=client.user, client=client, uploads=[_paper(client, order, written.date())]
        )
    with at(written + timedelta(minutes=45)):
        _decide(prescription, order, reviewer, written.date())
    return prescription


def _decide(prescription: Prescription, order: Order, reviewer: User, day: date) -> None:
    asked = {
        "needs_information": (services.ask_for_information, ReviewDecision.Reason.NO_FREQUENCY),
        "rejected": (services.reject, ReviewDecision.Reason.NO_DIAGNOSIS),
    }
    if order.state in asked:
        decide, reason = asked[order.state]
        decide(actor=reviewer, prescription=prescription, reason=reason)
    elif order.state == "approved":
        services.approve(actor=reviewer, prescription=prescription, elements=_read(order, day))


def _read(order: Order, day: date) -> Elements:
    """What the reviewer reads off the paper."""
    proposal = sig.read(order.text, day)
    if not isinstance(proposal, sig.Proposal):
        raise TypeError(order.text)
    name, credential, npi, phone = order.prescriber
    return Elements(
        reason=order.reason,
        order_text=order.text,
        visits=proposal.visits,
        modality="massage",
        codes=order.codes,
        issued_on=day,
        starts_on=day,
        through_on=proposal.through,
        prescriber_name=name,
        prescriber_credential=credential,
        prescriber_npi=npi,
        prescriber_phone=phone,
        is_legible=True,
        is_this_person=True,
        is_signed=True,
        regions=order.places,
    )


def _paper(client: Client, order: Order, day: date) -> bytes:
    name, credential, npi, phone = order.prescriber
    text = render_to_string(
        "demo/prescription.html",
        {
            "client": client,
            "order": order,
            "day": day,
            "prescriber": f"{name}, {credential}",
            "npi": npi,
            "phone": phone,
        },
    )
    # In our fonts, as all we print: a process that once took the machine's keeps to them.
    return bytes(HTML(string=text).write_pdf(font_config=printing.our_fonts()) or b"")
