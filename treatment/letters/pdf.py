"""A letter as a PDF, with a cover sheet for fax. Same sending, same bytes.

Import it in workers only: WeasyPrint is large.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from clinic.documents import letterhead, printing
from clinic.selectors import location
from treatment.letters import content, services
from treatment.models import LetterSending

if TYPE_CHECKING:
    from clinic.documents.printing import Printed

STYLESHEET = "css/letter-pdf.css"


def render(sending: LetterSending) -> Printed:
    """What was sent."""
    letter = _print(sending, {})
    if sending.way != LetterSending.Way.FAX:
        return letter
    return _print(sending, {"cover_pages": letter.pages + 1})


def _print(sending: LetterSending, extra: dict[str, Any]) -> Printed:
    letter, here = sending.letter, location()
    logo = letterhead.logo_of(here)
    context = {
        "letter": letter,
        "sending": sending,
        "facts": services.facts_of(letter),
        "said": letter.said,
        "asked": content.asked(letter.said),
        "clinic": here,
        "logo": logo,
        **extra,
    }
    with timezone.override(here.zone), translation.override("en-us"):
        html = render_to_string("treatment/letters/pdf.html", context)
    pictures = {letterhead.PICTURE: logo.content} if logo else {}
    return printing.render(
        html, stylesheet=STYLESHEET, seed=b"letter" + sending.pk.bytes, pictures=pictures
    )
