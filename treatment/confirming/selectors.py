from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from treatment import selectors, sessions
from treatment.confirming import shown
from treatment.models import Acknowledgment, Visit

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from clinic.models import Client, Payer

FROM_PORTAL = timedelta(days=14)  # after the session


@dataclass(frozen=True, slots=True)
class Word:
    """What the client has said of a visit, for a page.

    `corrected_at`: when the record first changed after the client's word; None while the word
    stands for what the record says. `payer`: who asks for the client's signature, or nobody.
    """

    last: Acknowledgment | None
    corrected_at: datetime | None
    payer: Payer | None

    @property
    def is_current(self) -> bool:
        return self.last is not None and self.corrected_at is None

    @property
    def is_missing(self) -> bool:
        """A payer asks for it, and it is not there for what the record says."""
        return self.payer is not None and not self.is_current


def word_of(visit: Visit | None) -> Word | None:
    """Nothing of a visit that is not recorded, unless the client spoke before."""
    if visit is None:
        return None
    last = visit.acknowledgments.select_related("device_of").last()
    is_recorded = visit.status == Visit.Status.FINISHED
    if last is None and not is_recorded:
        return None
    return Word(last, _corrected_at(visit, last), who_asks(visit) if is_recorded else None)


def who_asks(visit: Visit) -> Payer | None:
    """The payer whose rule asks for the client's signature."""
    client = visit.appointment.client
    payer = client.payer if client is not None else None
    return payer if payer is not None and payer.client_signs_visits else None


def _corrected_at(visit: Visit, last: Acknowledgment | None) -> datetime | None:
    if last is None or last.sha256 == shown.hash_of(sessions.figures(visit)):
        return None
    later = visit.corrections.filter(at__gt=last.at).first()
    return later.at if later else visit.updated_at


def from_portal() -> QuerySet[Visit]:
    """Visits that their client may confirm at home."""
    since = timezone.now() - FROM_PORTAL
    return selectors.visits().filter(status=Visit.Status.FINISHED, stopped_at__gt=since)


def last_of(client: Client) -> Visit | None:
    """The client's last visit, if it may still be confirmed from the portal."""
    return from_portal().filter(appointment__client=client).order_by("-stopped_at").first()
