"""The clinic's logo: taken in by a manager, printed above every document.

    letterhead.register(clean)     in the AppConfig.ready of the app that opens files safely

An uploaded picture is drawn again by that function, in a child process (ADR 7), before it is kept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.errors import DomainError
from clinic.models import Document

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Location, User

logger = logging.getLogger(__name__)

MOST = 2 * 1024 * 1024
PICTURE = "logo"  # its name on the page: <img src="picture:logo">


class NoLogo(DomainError):
    message = _("This picture cannot be used. Choose a PNG, JPEG or HEIC picture of at most 2 MB.")


def _nobody(_content: bytes) -> bytes:
    raise NoLogo


_clean: Callable[[bytes], bytes] = _nobody


def register(clean: Callable[[bytes], bytes]) -> None:
    """`clean` makes a small PNG of a picture, or raises a `DomainError` or an `OSError`."""
    global _clean
    _clean = clean


@dataclass(frozen=True, slots=True)
class Logo:
    words: str
    content: bytes  # PNG


def cleaned(content: bytes) -> bytes:
    """The picture as we keep it.

    Raises:
        NoLogo: it is none, too large, or could not be opened safely.
    """
    if len(content) > MOST:
        raise NoLogo
    try:
        return _clean(content)
    except (DomainError, OSError) as error:
        raise NoLogo from error


@transaction.atomic
def set_logo(*, actor: User, place: Location, png: bytes | None) -> None:
    """Put a cleaned picture on the letterhead; None takes the one that is there away."""
    access.require(actor, access.is_manager)
    before = place.logo.sha256 if place.logo else ""
    place.logo = _kept(actor, png) if png else None
    place.save(update_fields=["logo", "updated_at"])
    after = place.logo.sha256 if place.logo else ""
    audit.turned(actor, "setup.changed", place, logo=(before, after))


def _kept(actor: User, png: bytes) -> Document:
    return documents.store(
        actor=actor,
        content=png,
        kind=Document.Kind.LOGO,
        name="logo.png",
        content_type="image/png",
    )


def logo_of(place: Location) -> Logo | None:
    """The picture for a place's letterhead. A lost one must not keep a document from a client."""
    if place.logo is None:
        return None
    words = place.logo_words or _text("Logo of %(clinic)s") % {"clinic": place.name}
    try:
        return Logo(words, documents.read(place.logo))
    except documents.DocumentLost:
        logger.exception("the logo is lost")
        return None
