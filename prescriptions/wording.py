"""How states and reasons read to people: short, and with the next step."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.errors import InvalidTransition
from prescriptions import uploads
from prescriptions.authorization import State
from prescriptions.errors import AlreadySent
from prescriptions.models import ReviewDecision, Upload
from prescriptions.order import Ask

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise
    from django_stubs_ext import StrOrPromise

# state -> (tone of the badge, its word, one sentence)
STATES: dict[State, tuple[str, _StrPromise, _StrPromise]] = {
    State.SUBMITTED: (
        "info",
        _("In review"),
        _("We have it and will look at it, usually within one working day."),
    ),
    State.NEEDS_INFORMATION: (
        "warn",
        _("Information needed"),
        _("We need something from you: please read what is missing, and send us a better copy."),
    ),
    State.APPROVED: ("ok", _("In use"), _("Medical sessions you book are counted here.")),
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
        _("Ended"),
        _("Its last day has passed. Ask your doctor for a new one to go on."),
    ),
    State.EXHAUSTED: (
        "quiet",
        _("All visits used"),
        _("Every visit has been used. Ask your doctor for a new one to go on."),
    ),
}

Reason = ReviewDecision.Reason
# What the client reads once signed in; it is never part of an e-mail.
ADVICE: dict[str, _StrPromise] = {
    Reason.ILLEGIBLE: _(
        "We cannot read it. Please take a new photo in good light, with all four corners in view."
    ),
    Reason.WRONG_PERSON: _(
        "The name or date of birth on it is not the one we have for you. Please ask your doctor's "
        "office to correct it, or tell us if ours is wrong."
    ),
    Reason.NO_REASON: _(
        "It does not say why massage is medically needed. Please ask your doctor to add it."
    ),
    Reason.NO_FREQUENCY: _(
        "It does not say how many sessions, how often and for how long, such as “2 sessions per "
        "week for 6 weeks”. Please ask your doctor to add it."
    ),
    Reason.NO_MODALITY: _(
        "It does not name massage therapy or manual therapy. Please ask your doctor to add it."
    ),
    Reason.NO_DIAGNOSIS: _(
        "It has no complete ICD-10 diagnosis code. Please ask your doctor to add the full code."
    ),
    Reason.NOT_SIGNED: _("It is not signed or not dated. Please ask your doctor to sign and date."),
    Reason.PRESCRIBER: _(
        "We cannot tell who wrote it. We need your doctor's name, title and NPI number."
    ),
    Reason.EXPIRED: _("It is out of date. Please ask your doctor for a new one."),
    Reason.OTHER: _("Please read our note, or give us a call."),
}

# What the reviewer reads when the order's words are not enough.
ASKS: dict[Ask, _StrPromise] = {
    Ask.NO_END: _("No end: ask for how long, or how many in all."),
    Ask.AS_NEEDED: _("“As needed” is not a number: ask how many, how often and for how long."),
    Ask.EVALUATE: _("“Evaluate and treat” is not a number: ask how many, how often, how long."),
    Ask.AMBIGUOUS: _("This can be read two ways: ask the prescriber which one is meant."),
    Ask.UNREADABLE: _("We could not work this out. Enter visits and last day as the order says."),
}

# What happens to files that were sent; a refusal has words of its own.
UPLOADS: dict[str, _StrPromise] = {
    Upload.Status.RECEIVED: _("We have your files. They are waiting to be checked."),
    Upload.Status.WORKING: _("Checking your files and putting the pages together."),
    Upload.Status.READY: _("Your files are ready."),
}

# How the fields of a reading are called (`review.Elements`).
FIELDS: dict[str, _StrPromise] = {
    "reason": _("Reason of medical necessity"),
    "order_text": _("Number, frequency, duration"),
    "visits": _("Visits"),
    "modality": _("Modality"),
    "codes": _("Diagnosis codes"),
    "issued_on": _("Written on"),
    "starts_on": _("Valid from"),
    "through_on": _("Last day"),
    "prescriber_name": _("Prescriber"),
    "prescriber_credential": _("Credential"),
    "prescriber_npi": _("NPI"),
    "prescriber_phone": _("Practice phone"),
    "is_legible": _("Every page can be read"),
    "is_this_person": _("Name and date of birth match"),
    "is_signed": _("Signed and dated"),
    "is_authorized": _("Authorised by the payer"),
    "regions": _("Part of the body"),
}


def upload(upload: Upload) -> StrOrPromise:
    """How it stands; of a refused one why, and what to send instead."""
    if upload.status != Upload.Status.REFUSED:
        return UPLOADS[upload.status]
    for known in (AlreadySent, InvalidTransition):
        if upload.refusal == known.code:
            return known.message
    return uploads.refusal(upload.refusal).message
