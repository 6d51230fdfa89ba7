"""A letter to a physician that went out; others are due by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from prescriptions.models import Prescriber, Prescription
from prescriptions.prescribers import consent, directory
from prescriptions.prescribers import services as prescribers
from treatment.letters import content, record, sending, services
from treatment.letters import facts as told
from treatment.models import LetterSending

if TYPE_CHECKING:
    from random import Random

    from clinic.models import Client
    from demo.places import Clinic

PRACTICE = {
    "practice": "Hudson Valley Primary Care",
    "email": "office@riverside.example",
    "fax": "+18455550163",
}


def write(clinic: Clinic, client: Client, dice: Random) -> None:
    """About the client's order: signed by who treated last, printed, and the consent on paper."""
    order = client.prescriptions.filter(status=Prescription.Status.APPROVED, used__gt=0).first()
    notes = record.notes_of(order) if order else []
    if order is None or order.prescriber is None or not notes:
        return
    author = notes[-1].signed_by or clinic.manager
    _know(clinic, order.prescriber)
    _agree(clinic, client, order.prescriber)
    letter = services.begin(actor=author, prescription=order)
    said = {**letter.said, "request": content.Request.CONTINUE.value}
    services.keep(actor=author, letter=letter, said=said)
    seen = told.mark_of(services.facts_of(letter))
    letter = services.sign(actor=author, letter=letter, seen=seen)
    token = UUID(int=dice.getrandbits(128), version=4)
    way = LetterSending.Way.PRINT
    sending.send(actor=author, letter=letter, way=way, form_token=token)


def _know(clinic: Clinic, prescriber: Prescriber) -> None:
    fields = {name: getattr(prescriber, name) for name in directory.FIELDS} | PRACTICE
    directory.change(actor=clinic.desk, prescriber=prescriber, **fields)


def _agree(clinic: Clinic, client: Client, prescriber: Prescriber) -> None:
    text = prescribers.consent_text(client, prescriber)
    signature = prescribers.Signature(
        name=client.name, agreed=True, text_sha256=consent.digest(text)
    )
    prescribers.give_consent(
        actor=clinic.desk,
        client=client,
        prescriber=prescriber,
        signature=signature,
        on_paper=True,
    )
