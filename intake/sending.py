"""The link to the questionnaire, sent once more because someone asks for it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from clinic import access
from clinic import selectors as clinic_selectors
from clinic.audit import services as audit
from clinic.messaging import links, outbox
from clinic.people import services as people
from intake import errors, selectors

if TYPE_CHECKING:
    from clinic.models import Client, User


@transaction.atomic
def send_link(*, actor: User, client: Client) -> None:
    """Write to the client where the questionnaire is: once a day to one address.

    Raises:
        NoAddress: there is none to write to.
        SentToday: it was.
    """
    access.require(actor, access.in_care_team)
    address = people.notify_address(client)
    if not address:
        raise errors.NoAddress
    location = clinic_selectors.location_or_none()
    mailbox = hashlib.sha256(address.lower().encode()).hexdigest()[:12]
    message = outbox.queue(
        kind="intake.link",
        key=f"intake.link:{client.pk}:{selectors.clinic_today()}:{mailbox}",
        recipient=address,
        subject=_("Your form for %(clinic)s") % {"clinic": location.name if location else ""},
        template="messages/intake_link.txt",
        context={
            "first_name": client.first_name,
            "location": location,
            "url": links.absolute(reverse("intake:start")),
        },
        client=client,
        about=client.pk,
    )
    if message is None:
        raise errors.SentToday
    audit.record(actor, "intake.link_sent", client)
