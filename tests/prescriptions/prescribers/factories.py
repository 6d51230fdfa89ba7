"""Prescribers, consents and requests, made through the real services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core import mail
from django.urls import reverse

from clinic.models import Message
from clinic.selectors import clinic_today
from prescriptions.prescribers import directory, services
from prescriptions.prescribers.answers import Answers
from prescriptions.prescribers.consent import digest
from prescriptions.prescribers.services import Signature, consent_text
from tests.prescriptions.factories import reviewer

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Client, User
    from prescriptions.models import DoctorRequest, Prescriber, ShareConsent

EMAIL = "office@riverside.test"


def make_prescriber(name: str = "Kofi Osei", **fields: Any) -> Prescriber:
    values = {
        "name": name,
        "credential": "MD",
        "npi": "1234567893",
        "practice": "Riverside Family Medicine",
        "phone": "+18455550150",
        "email": EMAIL,
        **fields,
    }
    return directory.add(actor=reviewer(), **values)


def signature(client: Client, prescriber: Prescriber, **fields: Any) -> Signature:
    text = consent_text(client, prescriber)
    values = {"name": client.name, "agreed": True, "text_sha256": digest(text), **fields}
    return Signature(**values)


def owner(client: Client) -> User:
    assert client.user is not None
    return client.user


def make_consent(client: Client, prescriber: Prescriber) -> ShareConsent:
    return services.give_consent(
        actor=owner(client),
        client=client,
        prescriber=prescriber,
        signature=signature(client, prescriber),
    )


def make_request(
    client: Client, prescriber: Prescriber | None = None, **fields: Any
) -> DoctorRequest:
    prescriber = prescriber or make_prescriber()
    return services.ask(
        actor=owner(client),
        client=client,
        prescriber=prescriber,
        signature=signature(client, prescriber),
        **fields,
    )


def link_of(request: DoctorRequest) -> str:
    """The path of the link as the newest e-mail has it."""
    message = Message.objects.filter(about=request.pk, kind="prescriber_request").first()
    assert message is not None
    sent = message.status == Message.Status.SENT  # then it is wiped here
    words = (mail.outbox[-1].body if sent else message.body).split()
    return next("/rx/" + word.split("/rx/", 1)[1] for word in words if "/rx/" in word)


def token_of(request: DoctorRequest) -> str:
    return link_of(request).removeprefix("/rx/").strip("/")


def make_answers(**fields: Any) -> Answers:
    values: dict[str, Any] = {
        "reason": "Neck pain after long desk work",
        "order_text": "2 sessions per week for 6 weeks",
        "modality": "massage",
        "codes": ("M54.2",),
        "starts_on": clinic_today(),
        "prescriber_name": "Kofi Osei",
        "prescriber_credential": "MD",
        "prescriber_npi": "1234567893",
        "prescriber_phone": "(845) 555-0150",
        **fields,
    }
    return Answers(**values)


def typed(**fields: Any) -> dict[str, Any]:
    """The form behind the link as a prescriber sends it."""
    start: date = clinic_today()
    return {
        "reason": "Neck pain after long desk work",
        "order_text": "2 sessions per week for 6 weeks",
        "modality": "massage",
        "codes": "m542",
        "regions": ["back-neck-middle"],
        "starts_on": start.isoformat(),
        "prescriber_name": "Kofi Osei",
        "prescriber_credential": "MD",
        "prescriber_npi": "1234567893",
        "prescriber_phone": "(845) 555-0150",
        "attested": "on",
        "signature": "Kofi Osei",
        **fields,
    }


DONE = reverse("prescriptions:rx-done")
