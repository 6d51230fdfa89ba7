"""How states and reasons read to a client: short, and with the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from prescriptions.authorization import State
from prescriptions.models import ReviewDecision

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# state -> (tone of the badge, its word, one sentence)
STATES: dict[State, tuple[str, _StrPromise, _StrPromise]] = {
    State.SUBMITTED: (
        "info",
        _("In review"),
        _("We have it and will review it, usually within one business day."),
    ),
    State.NEEDS_INFORMATION: (
        "warn",
        _("Information needed"),
        _("We need something from you: please read what is missing, and send us a better copy."),
    ),
    State.APPROVED: ("ok", _("Active"), _("Medical sessions you book are counted here.")),
    State.REJECTED: (
        "stop",
        _("Not accepted"),
        _("We cannot use this one. You can send another at any time."),
    ),
    State.SUPERSEDED: (
        "quiet",
        _("Replaced by a newer one"),
        _("Visits already booked stay on it; new ones are counted on the newer one."),
    ),
    State.EXPIRED: (
        "quiet",
        _("Expired"),
        _("Its last day has passed. Ask your doctor for a new one to continue."),
    ),
    State.EXHAUSTED: (
        "quiet",
        _("All visits used"),
        _("Every visit has been used. Ask your doctor for a new one to continue."),
    ),
}

Reason = ReviewDecision.Reason
# What the client reads once signed in, never in an e-mail.
ADVICE: dict[str, _StrPromise] = {
    Reason.ILLEGIBLE: _(
        "We cannot read it. Please take a new photo in good light, with all four corners in view."
    ),
    Reason.WRONG_PERSON: _(
        "The name or date of birth on it does not match what we have for you. Please ask your "
        "doctor's office to correct it, or tell us if ours is wrong."
    ),
    Reason.NO_REASON: _(
        "It does not say why massage is medically needed. Please ask your doctor to add it."
    ),
    Reason.NO_FREQUENCY: _(
        "It does not say how many sessions, how often, and for how long, such as “2 sessions per "
        "week for 6 weeks”. Please ask your doctor to add it."
    ),
    Reason.NO_MODALITY: _(
        "It does not name massage therapy or manual therapy. Please ask your doctor to add it."
    ),
    Reason.NO_DIAGNOSIS: _(
        "It has no complete ICD-10 diagnosis code. Please ask your doctor to add the full code."
    ),
    Reason.NOT_SIGNED: _(
        "A signature or date is missing. Please ask your doctor to sign and date it."
    ),
    Reason.PRESCRIBER: _(
        "We cannot tell who wrote it. We need your doctor's name, title, and NPI number."
    ),
    Reason.EXPIRED: _("It is out of date. Please ask your doctor for a new one."),
    Reason.OTHER: _("Please read our note, or give us a call."),
}
