"""The client says that this is what was done. Lock order: the visit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic import access
from clinic.audit import services as audit
from intake.aloud.services import is_drawn
from treatment import sessions
from treatment.confirming import selectors, shown
from treatment.confirming.errors import (
    NothingToConfirm,
    ShownOtherwise,
    SignatureMissing,
    TooLongAgo,
)
from treatment.models import Acknowledgment, Visit

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import User


@dataclass(frozen=True, slots=True)
class Said:
    """What came with the touch. `seen`: the hash of what the page showed (`shown.hash_of`)."""

    seen: str
    name: str = ""
    drawing: str = ""  # by finger: the strokes, as JSON


@transaction.atomic
def by_client(*, actor: User, visit: Visit, said: Said, form_token: UUID) -> Acknowledgment:
    """From the client's own login, or of somebody who may act for the client.

    Raises:
        PermissionDenied: any other login, staff too.
        TooLongAgo: the session is more than 14 days back.
        NothingToConfirm, ShownOtherwise, SignatureMissing: as for `on_device`.
    """
    client = visit.appointment.client
    may = client is not None and access.may_act_for(actor, client)
    access.require(actor, lambda _actor: may)
    if not selectors.from_portal().filter(pk=visit.pk).exists():
        raise TooLongAgo
    return _acknowledge(actor, visit, said, form_token, {"by": actor})


@transaction.atomic
def on_device(*, actor: User, visit: Visit, said: Said, form_token: UUID) -> Acknowledgment:
    """By the client, on the device of the therapist `actor`. The same form twice is one.

    Raises:
        PermissionDenied: the actor does not record treatment, or it is their own visit.
        NothingToConfirm: the session is not recorded.
        ShownOtherwise: it was corrected since the page was opened.
        SignatureMissing: the payer asks for one.
    """
    client = visit.appointment.client
    access.require(actor, lambda one: access.treats(one, client))
    return _acknowledge(actor, visit, said, form_token, {"device_of": actor})


def _acknowledge(
    actor: User, visit: Visit, said: Said, form_token: UUID, where: dict[str, User]
) -> Acknowledgment:
    fresh = Visit.objects.select_for_update(no_key=True).get(pk=visit.pk)
    if known := Acknowledgment.objects.filter(visit=fresh, form_token=form_token).first():
        return known
    figures = sessions.figures(fresh)
    if not figures:
        raise NothingToConfirm
    if said.seen != shown.hash_of(figures):
        raise ShownOtherwise
    name, drawing = said.name.strip(), said.drawing if is_drawn(said.drawing) else ""
    is_signed = drawing or any(letter.isalpha() for letter in name)
    if selectors.who_asks(visit) and not is_signed:
        raise SignatureMissing
    last = fresh.acknowledgments.last()
    sessions.act_as(actor)
    made = Acknowledgment.objects.create(
        visit=fresh,
        number=last.number + 1 if last else 1,
        shown=figures,
        sha256=shown.hash_of(figures),
        name=name,
        drawing=drawing,
        at=timezone.now(),
        form_token=form_token,
        **where,
    )
    audit.record(actor, "visit.acknowledged", fresh, client=visit.appointment.client)
    return made
