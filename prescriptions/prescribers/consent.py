"""The text a client agrees to before we share with a prescriber, and how long it lasts.

Pure. Change a word and the version changes with it; what was signed is stored word for word.
"""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.models import Guardian

if TYPE_CHECKING:
    from datetime import tzinfo

    from prescriptions.models import ShareConsent

VERSION = "2026-11-30"
LETTERS_SINCE = "2026-11-30"  # the text before said that nothing of the treatment is shared
LASTS = timedelta(days=365)
SIGN_FOR_MINORS = (Guardian.Relationship.PARENT, Guardian.Relationship.LEGAL_GUARDIAN)


def text(*, clinic: str, prescriber: str, patient: str) -> str:
    """What is shown and signed."""
    return _(
        "%(clinic)s may ask %(prescriber)s for a massage therapy order for %(patient)s, and for "
        "its renewal when it is about to run out. To do this, %(clinic)s shares the name and date "
        "of birth of %(patient)s with %(prescriber)s, the dates of an earlier order, and the note "
        "written with a request. It receives the order that %(prescriber)s completes, with its "
        "reason and diagnosis codes.\n\n"
        "%(clinic)s may also write letters to %(prescriber)s about treatment under an order of "
        "%(prescriber)s: on which days %(patient)s was treated and how, where it hurts, how pain "
        "and daily activities changed, how %(patient)s responded, and what the therapist "
        "proposes. Nothing else is shared.\n\n"
        "This is voluntary: treatment does not depend on it, and an order can also be brought on "
        "paper. It ends after one year, and can be withdrawn at any time in the account under "
        "“Shared with my doctors” or by calling %(clinic)s. What was shared before stays with "
        "%(prescriber)s."
    ) % {"clinic": clinic, "prescriber": prescriber, "patient": patient}


def digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()


def ends_on(consent: ShareConsent, zone: tzinfo) -> date:
    """The last day it is valid."""
    return consent.signed_at.astimezone(zone).date() + LASTS


def covers_letters(consent: ShareConsent) -> bool:
    """Whether its text lets us write how treatment goes."""
    return consent.version >= LETTERS_SINCE


def in_force(consent: ShareConsent, *, today: date, zone: tzinfo) -> bool:
    """Given, not withdrawn, under a year old; a minor who has turned 18 is asked again."""
    if consent.withdrawn_at is not None or today > ends_on(consent, zone):
        return False
    client, signed_on = consent.client, consent.signed_at.astimezone(zone).date()
    was_minor = client.is_minor_on(signed_on)
    return not (was_minor and not client.is_minor_on(today))
