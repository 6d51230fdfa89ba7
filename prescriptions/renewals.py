"""Renewal prompts: the client is told once of each thing that makes a new prescription due.

With an active consent, which covers renewal, the prescriber is also sent a link.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from clinic.audit import services as audit
from clinic.messaging import outbox
from clinic.models import Message
from clinic.people import services as people
from prescriptions import authorization, selectors
from prescriptions.prescribers import errors
from prescriptions.prescribers import selectors as prescribers
from prescriptions.prescribers import services as requests
from prescriptions.reviewing import services

if TYPE_CHECKING:
    from datetime import date

    from prescriptions.models import Prescription

KIND = "prescription_renewal"


def prompt(today: date) -> int:
    """Write the prompts that are due; the message key makes sure each is sent once."""
    due = list(selectors.renewals_due(today))
    keys = {_key(one, today): one for one in due}
    # One query finds which already have a message, not one query each.
    known = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    return sum(_tell(one, key) for key, one in keys.items() if key not in known)


def _key(prescription: Prescription, today: date) -> str:
    return f"renewal:{prescription.pk}:{authorization.renewal(prescription, today)}"


@transaction.atomic
def _tell(prescription: Prescription, key: str) -> bool:
    """Neutral: says that there is something to see, not what."""
    written = outbox.queue(
        kind=KIND,
        key=key,
        recipient=people.notify_address(prescription.client),
        subject=_("Something in your account will run out soon"),
        template="messages/prescription_renewal.txt",
        context=services.message_context(prescription),
        client=prescription.client,
        about=prescription.pk,
    )
    if written is None:
        return False
    audit.record(None, "prescription.renewal_prompted", prescription)
    _ask_prescriber(prescription)
    return True


def _ask_prescriber(prescription: Prescription) -> None:
    prescriber = prescription.prescriber
    if prescriber is None or not (prescriber.is_checked and prescriber.is_active):
        return
    client = prescription.client
    if not prescriber.email or prescribers.consent_in_force(client, prescriber) is None:
        return
    try:
        with transaction.atomic():
            requests.ask(actor=None, client=client, prescriber=prescriber, renews=prescription)
    except (errors.AlreadyAsked, errors.TooManyOpen):
        return  # the client is told either way
