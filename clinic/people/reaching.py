"""How news reaches a client, in a sentence for the desk: by e-mail, or by a call from the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from clinic.models import Client


def to_call(clients: Iterable[Client]) -> str:
    """For each of them who is called: that it is on the call list, and why. Else nothing."""
    return " ".join(_why(client) for client in clients if client.is_called)


def _why(client: Client) -> str:
    name = {"name": client.first_name}
    if client.contact_by == client.ContactBy.CALL:
        return _("%(name)s asks to be called: it is on the call list.") % name
    return _("%(name)s has no e-mail address: it is on the call list.") % name
