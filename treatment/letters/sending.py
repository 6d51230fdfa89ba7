"""A signed letter goes to the prescriber: by link, printed, by fax. Never without the consent."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import access
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.messaging import links, outbox
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today, location
from prescriptions.prescribers import selectors as prescribers
from prescriptions.prescribers.services import may_write, mint
from treatment import sessions
from treatment.letters.errors import (
    LetterGone,
    LetterNotSigned,
    NoFax,
    NoLetterConsent,
    NoMail,
    NoPrescriberKnown,
)
from treatment.letters.services import locked_letter
from treatment.models import LetterSending, ProgressLetter

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import Client, User
    from prescriptions.models import Prescriber

DRAW = "treatment.draw_letter"
LINK_KIND = "letter_link"
Way = LetterSending.Way


def may_send(actor: User, client: Client, way: str) -> bool:
    """A paper shows the words, so only who treats makes one; the desk may send the link."""
    may = access.in_care_team if way == Way.LINK else access.records_treatment
    return may(actor) and not access.may_act_for(actor, client)


@transaction.atomic
def send(*, actor: User, letter: ProgressLetter, way: Way, form_token: UUID) -> LetterSending:
    """Send a signed letter. The same form twice is one sending; a newer link replaces the older.

    Raises:
        PermissionDenied: see `may_send`.
        LetterNotSigned, LetterGone.
        NoPrescriberKnown, NoLetterConsent, NoMail, NoFax.
    """
    client = letter.prescription.client
    access.require(actor, lambda _actor: may_send(actor, client, way))
    locked = locked_letter(letter)
    if known := LetterSending.objects.filter(letter=locked, form_token=form_token).first():
        return known
    if not locked.is_signed:
        raise LetterNotSigned
    if locked.is_withdrawn:
        raise LetterGone
    prescriber = prescribers.of_prescription(locked.prescription)
    if prescriber is None:
        raise NoPrescriberKnown
    consent = prescribers.letter_consent(client, prescriber)
    if consent is None:
        raise NoLetterConsent
    made = LetterSending(
        letter=locked,
        way=way,
        prescriber=prescriber,
        consent=consent,
        to=_address(way, prescriber, client),
        sent_by=actor,
        sent_at=timezone.now(),
        form_token=form_token,
    )
    _put(made, actor, client)
    return made


def _address(way: Way, prescriber: Prescriber, client: Client) -> str:
    if way == Way.LINK:
        if not may_write(prescriber, client):
            raise NoMail
        return prescriber.email
    if way == Way.FAX:
        if not prescriber.fax:
            raise NoFax
        return str(prescriber.fax)
    return prescriber.practice or prescriber.title


def _put(made: LetterSending, actor: User, client: Client) -> None:
    token = ""
    if made.way == Way.LINK:
        LetterSending.objects.filter(letter=made.letter, way=Way.LINK).update(token_sha256=None)
        outbox.withdraw(about=made.letter_id, kinds=[LINK_KIND])
        token, made.token_sha256 = mint()
        made.expires_at = made.sent_at + timedelta(days=prescribers.days_open())
    sessions.act_as(actor)
    made.save(force_insert=True)
    privacy.note_disclosure(
        actor=actor,
        client=client,
        disclosed_on=clinic_today(),
        recipient=f"{made.prescriber.title} ({made.to})"[:200],
        what=_("Letter on how treatment goes (%(way)s)") % {"way": made.get_way_display()},
        why=_("For treatment, with the client's consent"),
    )
    audit.record(actor, "letter.sent", made, client=client, way=made.way)
    if token:
        _mail(made, token, client)
    enqueue(DRAW, str(made.pk))


def _mail(made: LetterSending, token: str, client: Client) -> None:
    """It names nobody: who opens the link says first when the patient was born."""
    outbox.queue(
        kind=LINK_KIND,
        key=f"{LINK_KIND}:{(made.token_sha256 or '')[:32]}",
        recipient=made.to,
        subject=_("%(clinic)s has a letter for you") % {"clinic": location().name},
        template="messages/letter_link.txt",
        context={
            "link": links.absolute(reverse("treatment:letter-link", args=[token])),
            "days": prescribers.days_open(),
        },
        client=client,
        about=made.letter_id,
        expires_at=made.expires_at,
        is_secret=True,
    )
