"""Telling a client to look, and nothing about what there is to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from clinic.messaging import links, outbox
from clinic.people import services as people

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import Client


def tell(client: Client, key: str, about: UUID) -> None:
    outbox.queue(
        kind="news",
        key=key,
        recipient=people.notify_address(client),
        subject=_("There is an update in your account"),
        template="messages/clinic_news.txt",
        context={"first_name": client.first_name, "url": links.absolute(reverse("my-data"))},
        client=client,
        about=about,
    )
