"""One client's prescriptions, for staff. The queue and the review: `reviewing`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.people.tiles import Tile
from prescriptions import selectors
from prescriptions.authorization import State
from prescriptions.selectors import UNDECIDED
from prescriptions.uploading.selectors import open_uploads

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client, User


@access.staff
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's prescriptions, for the record at the desk."""
    client = access.client(access.user_of(request), client_id)
    part = "HX-Request" in request.headers
    audit.viewed(request, client, action="prescriptions.viewed", part=part)
    context = {
        "client": client,
        "cards": selectors.cards(client, timezone.localdate()),
        "uploads": open_uploads(client),
        "may_upload": access.works_at_desk(request.user),
    }
    name = "_client_panel" if part else "client"
    return render(request, f"prescriptions/{name}.html", context)


def order_tile(user: User, client: Client) -> Tile:
    """How far the order in effect reaches: the first thing the desk is asked on the telephone."""
    cards = selectors.cards(client, timezone.localdate())
    active = [card for card in cards if card.state == State.APPROVED]
    spent = [card for card in cards if card.state == State.EXHAUSTED]
    waiting = [card.prescription for card in cards if card.prescription.status in UNDECIDED]
    shown = {
        "client": client,
        "card": next(iter(active or spent), None),
        "more": max(len(active) - 1, 0),
        "waiting": next(iter(waiting), None),
        "may_ask": access.works_at_desk(user),
    }
    return Tile("prescriptions/_tile.html", shown)
