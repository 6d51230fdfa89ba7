"""Clients' requests about their record, as staff may see them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.format import us_date
from clinic.models import CorrectionRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from clinic.models import User


# Never read for a list.
WORDS = ("text", "asked_for", "answer", "disagreement")


def corrections_for(user: User) -> QuerySet[CorrectionRequest]:
    """Corrections without their words.

    The desk sees that each is waiting, even those others answer; therapists see theirs.
    """
    wanted = access.seen(user, CorrectionRequest.objects.all())
    if not access.works_at_desk(user):
        wanted = wanted.filter(about__in=access.corrections_about(user))
    return wanted.select_related("client", "answered_by").defer(*WORDS)


@dataclass(frozen=True, slots=True)
class Asked:
    """A detail of the person: what the record says, and what the client says it should."""

    label: StrOrPromise
    now: str
    wanted: str


def asked_rows(correction: CorrectionRequest) -> list[Asked]:
    wanted: dict[str, str] = correction.asked_for or {}
    return [
        Asked(LABELS[name], _shown(getattr(correction.client, name)), _shown(value))
        for name, value in wanted.items()
    ]


LABELS: dict[str, StrOrPromise] = {
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "legal_name": _("Legal name"),
    "birth_date": _("Date of birth"),
}


def _shown(value: object) -> str:
    """A date as we write dates, whether stored as text or not."""
    text = str(value or "")
    try:
        return us_date(date.fromisoformat(text))
    except ValueError:
        return text
