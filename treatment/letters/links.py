"""What the holder of a letter's link may do: say when the patient was born, read, confirm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.audit import services as audit
from clinic.messaging import links
from prescriptions.models import DoctorRequest
from prescriptions.prescribers import errors
from prescriptions.prescribers import links as forms
from prescriptions.prescribers import selectors as prescribers
from prescriptions.prescribers import services as requests
from treatment.letters import content
from treatment.models import LetterSending

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Client

_USED = _("You have confirmed this letter already. Call us if you need it again.")
_GONE = _("This letter is no longer available here. Call us with any question.")


def find(token: str) -> LetterSending:
    """The sending that a link still opens; the consent is checked each time.

    Raises:
        LinkUnknown: not one of ours, or replaced by a newer one.
        LinkUsed, LinkWithdrawn, LinkExpired, LinkLocked.
    """
    rows = LetterSending.objects.select_related(
        "letter__prescription__client", "prescriber", "document", "renewal"
    )
    found = rows.filter(token_sha256=links.hashed(token)).first()
    if found is None:
        raise errors.LinkUnknown
    expect_open(found)
    return found


def expect_open(found: LetterSending) -> None:
    """Raises as `find`."""
    if found.closed_at is not None:
        raise errors.LinkUsed(_USED)
    is_agreed = prescribers.letter_consent(client_of(found), found.prescriber) is not None
    if found.letter.is_withdrawn or not is_agreed:
        raise errors.LinkWithdrawn(_GONE)
    if found.expires_at is None or found.expires_at <= timezone.now():
        raise errors.LinkExpired
    if found.wrong_births >= forms.MOST_WRONG:
        raise errors.LinkLocked


def client_of(found: LetterSending) -> Client:
    return found.letter.prescription.client


def note(found: LetterSending, action: str) -> None:
    """Nobody is signed in behind a link."""
    audit.record(None, action, found, client=client_of(found))


def check_birth_date(*, sending: LetterSending, birth_date: date) -> None:
    """Raises WrongBirthDate, LinkLocked, NoBirthDate."""
    known = client_of(sending).birth_date
    if known is None:
        raise errors.NoBirthDate
    mine = LetterSending.objects.filter(pk=sending.pk)
    if birth_date != known:
        with transaction.atomic():
            mine.update(wrong_births=F("wrong_births") + 1)
            note(sending, "letter.wrong_birth_date")
        sending.refresh_from_db(fields=["wrong_births"])
        if sending.wrong_births >= forms.MOST_WRONG:
            raise errors.LinkLocked
        raise errors.WrongBirthDate
    # For guesses sent in parallel: the count as it is now, not as it was at the start.
    sending.refresh_from_db(fields=["wrong_births"])
    if sending.wrong_births >= forms.MOST_WRONG:
        raise errors.LinkLocked
    with transaction.atomic():
        mine.filter(opened_at__isnull=True).update(opened_at=timezone.now())
        note(sending, "letter.patient_shown")


@transaction.atomic
def receive(*, sending: LetterSending) -> None:
    """The prescriber has it; the link opens nothing more. Raises as `find`."""
    locked = _lock(sending)
    locked.closed_at = timezone.now()
    locked.save(update_fields=["closed_at", "updated_at"])
    note(locked, "letter.received")


@transaction.atomic
def renew(*, sending: LetterSending) -> tuple[DoctorRequest, str]:
    """The form for a new order that the letter asks for, and the secret of its link.

    Raises:
        LinkUsed: the form was completed already, or the letter asks for none. Others as `find`.
    """
    locked = _lock(sending)
    before = locked.renewal
    answered = before is not None and before.status != DoctorRequest.Status.OPEN
    if answered or not content.asks_for_order(locked.letter.said):
        raise errors.LinkUsed
    client = client_of(locked)
    consent = prescribers.letter_consent(client, locked.prescriber)
    if consent is None:
        raise errors.LinkWithdrawn(_GONE)
    order = locked.letter.prescription
    locked.renewal, token = requests.open_form(consent=consent, renews=order)
    locked.save(update_fields=["renewal", "updated_at"])
    note(locked, "letter.renewal_opened")
    # Who holds this link has said when the patient was born.
    forms.check_birth_date(request=locked.renewal, birth_date=_born(client))
    return locked.renewal, token


def _born(client: Client) -> date:
    if client.birth_date is None:
        raise errors.NoBirthDate
    return client.birth_date


def _lock(sending: LetterSending) -> LetterSending:
    """The sending as it is now: of two clicks the second waits."""
    rows = LetterSending.objects.select_for_update(no_key=True, of=("self",))
    locked = rows.select_related("letter__prescription__client", "prescriber", "renewal").get(
        pk=sending.pk
    )
    expect_open(locked)
    return locked
