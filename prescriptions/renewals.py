"""Prompts to renew: the client hears once of each thing that makes a new prescription due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic import audit, messages, people
from clinic.models import Message
from prescriptions import authorization, selectors, services

if TYPE_CHECKING:
    from datetime import date

    from prescriptions.models import Prescription

KIND = "prescription_renewal"


def prompt(today: date) -> int:
    """Write the prompts that are due; the message's key makes each a single one."""
    due = list(selectors.renewals_due(today))
    keys = {_key(one, today): one for one in due}
    # What has its message is known by one query, not one each.
    known = set(Message.objects.filter(key__in=keys).values_list("key", flat=True))
    return sum(_tell(one, key) for key, one in keys.items() if key not in known)


def _key(prescription: Prescription, today: date) -> str:
    return f"renewal:{prescription.pk}:{authorization.renewal(prescription, today)}"


def _tell(prescription: Prescription, key: str) -> bool:
    """Neutral: it says that there is something to see, not what."""
    written = messages.queue(
        kind=KIND,
        key=key,
        recipient=people.notify_address(prescription.client),
        subject=_("Something in your account runs out soon"),
        template="messages/prescription_renewal.txt",
        context=services.message_context(prescription),
        client=prescription.client,
        about=prescription.pk,
    )
    if written is None:
        return False
    audit.record(None, "prescription.renewal_prompted", prescription)
    return True
