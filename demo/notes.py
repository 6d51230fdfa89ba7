"""What therapists wrote of the visits: better from one to the next, as one hopes."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from clinic.models import Service
from treatment import sessions
from treatment.confirming import services as confirming
from treatment.confirming import shown
from treatment.confirming.selectors import who_asks
from treatment.confirming.services import Said
from treatment.models import TreatmentNote
from treatment.notes import services
from treatment.selfcare import selectors as selfcare

if TYPE_CHECKING:
    from random import Random

    from clinic.models import User
    from treatment.models import Visit

SAID = [
    "Stiff in the morning, better by ten. Sat through a two-hour drive.",
    "Slept through twice this week. The right side still pulls when turning.",
    "Sore after carrying boxes on Sunday, otherwise easier.",
    "Could work a whole day without a break. Tight by the evening.",
]
FOUND = [
    "Upper trapezius and levator tight on both sides, the right one tender.",
    "Low back tight on both sides, right hip tender to pressure.",
    "Suboccipitals tender. Turns farther to the left than last time.",
]
TREATED = [
    "Neck and shoulders, medium pressure; trigger points held until they let go.",
    "Low back and hips, slow strokes first, then deeper along the spine.",
]
RESPONDED = [
    "Tissue softer, turns farther without pulling. No soreness reported.",
    "Relaxed well, asked for less pressure at the hip.",
]
ADVISED = [
    "Stand up every 45 minutes. Hip stretch twice a day, 30 seconds on each side.",
    "Heat for 15 minutes in the evening. Chin tucks, ten, morning and evening.",
]
GIVEN = [  # by `treatment/data/selfcare.json`
    ("chin-tuck", "upper-trapezius", "breaks"),
    ("chin-tuck", "doorway-chest", "heat"),
    ("knee-to-chest", "figure-four"),
]
HELPED = ["1-3", "1-3", "4-7", "still", "under-1"]
HURTS = ["back-neck-middle", "back-shoulder-right", "back-lower-back-middle", "back-loin-right"]
UNASKED = 0.3  # of the visits
PLANNED = [
    "Go on as ordered. Next time begin at the right hip.",
    "Same again next week. Ask about sleep.",
]


def write(visit: Visit, author: User, dice: Random, *, is_signed: bool) -> None:
    """A whole note of a finished visit, signed at the moment that the clock shows."""
    kind = visit.appointment.option.service.kind
    said = _consultation(dice) if kind == Service.Kind.CONSULTATION else _treatment(visit, dice)
    TreatmentNote.objects.create(visit=visit, begun_by=author, said=said)
    if is_signed:
        services.sign(actor=author, visit=visit)


def confirm(visit: Visit, author: User, dice: Random) -> None:
    """Most clients say on the tablet that this is what was done; some with their name."""
    if dice.random() < UNASKED:
        return
    client = visit.appointment.client
    name = client.name if client is not None and who_asks(visit) else ""
    confirming.on_device(
        actor=author,
        visit=visit,
        said=Said(shown.hash_of(sessions.figures(visit)), name),
        form_token=UUID(int=dice.getrandbits(128), version=4),
    )


def _treatment(visit: Visit, dice: Random) -> dict[str, str]:
    last = services.last_signed(visit)
    before = int(last.said["pain_after"]) + dice.randint(0, 2) if last else dice.randint(5, 8)
    before = min(before, 10)
    return {
        "reason": dice.choice(SAID),
        "pain_now": str(before),
        "relief": dice.choice(HELPED) if last else "",
        # Where it hurts becomes less, as it does for most.
        "hurts": " ".join(HURTS[: 1 + before // 3]),
        "findings": dice.choice(FOUND),
        "treated": dice.choice(TREATED),
        "response": dice.choice(RESPONDED),
        "pain_after": str(max(0, before - dice.randint(1, 3))),
        "given": _given(dice),
        "advice": dice.choice(ADVISED),
        "plan": dice.choice(PLANNED),
    }


def _given(dice: Random) -> str:
    """Two or three of the library, as a note keeps them."""
    keys = dice.choice(GIVEN)
    kinds = selfcare.in_use().filter(key__in=keys)
    return " ".join(pk.hex for pk in kinds.values_list("pk", flat=True))


def _consultation(dice: Random) -> dict[str, str]:
    return {
        "history": "Pain in the neck since a change of desk in spring. No accident, no surgery.",
        "findings": dice.choice(FOUND),
        "recommendation": "medical",
        "plan": "Ask the physician for an order, then book 60 minutes a week.",
    }
