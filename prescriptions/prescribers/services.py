"""Writes: consent to share with a prescriber, and requests for an order."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.errors import InvalidTransition
from clinic.messaging import links, outbox
from clinic.models import Client, Guardian
from clinic.people import services as people
from clinic.people.signing_name import expect_own
from clinic.selectors import location
from clinic.web import context
from prescriptions.models import DoctorRequest, Prescriber, Prescription, ShareConsent
from prescriptions.prescribers import consent as rules
from prescriptions.prescribers import directory, errors, selectors

if TYPE_CHECKING:
    from datetime import datetime

    from clinic.models import User

DRAW_FORM = "prescriptions.draw_request"
LINK_KIND = "prescriber_request"
MOST_OPEN = 5  # open requests of one client; more would not be in good faith
TOKEN_BYTES = 32  # 256 bits
Status = DoctorRequest.Status


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What the signer typed under the text; `text_sha256` says which text they saw."""

    name: str
    agreed: bool
    text_sha256: str
    relationship: str = ""


def consent_text(client: Client, prescriber: Prescriber) -> str:
    """The text this client should read now."""
    return rules.text(clinic=location().name, prescriber=prescriber.title, patient=client.name)


@transaction.atomic
def give_consent(
    *,
    actor: User,
    client: Client,
    prescriber: Prescriber,
    signature: Signature,
    on_paper: bool = False,
) -> ShareConsent:
    """Sign that we may share with one prescriber; an active consent to this text is kept.

    `on_paper`: clinic staff record what the client signed by hand.

    Raises:
        ConsentNeeded, ConsentChanged, SignatureNeeded, NotYourName, GuardianNeeded,
        BirthDateMissing.
    """
    _lock(client)
    if (before := selectors.consent_in_force(client, prescriber)) and is_current(before):
        return before
    text = consent_text(client, prescriber)
    name = _signed_name(signature, text)
    relationship = _signer(actor, client, signature.relationship, on_paper=on_paper)
    _expect_own(name, client, None if on_paper else actor, relationship)
    now = timezone.now()
    _end_earlier(actor, client, prescriber, now)
    given = ShareConsent.objects.create(
        client=client,
        prescriber=prescriber,
        version=rules.VERSION,
        text=text,
        text_sha256=rules.digest(text),
        signed_name=name,
        relationship=relationship,
        signed_by=actor,
        signed_at=now,
        signed_ip=None if on_paper else context.current.get().ip,
        on_paper=on_paper,
    )
    _given(actor, given, before)
    return given


def is_current(consent: ShareConsent) -> bool:
    """Whether it says what one that is signed now would allow."""
    return consent.version == rules.VERSION


def _given(actor: User, given: ShareConsent, before: ShareConsent | None) -> None:
    """Open requests under the consent before go on under the one that took its place."""
    if before is not None:
        DoctorRequest.objects.filter(consent=before, status=Status.OPEN).update(consent=given)
    how = {"on_paper": given.on_paper, "version": given.version}
    audit.record(actor, "share_consent.given", given, client=None, **how)


def _expect_own(name: str, client: Client, signer: User | None, relationship: str) -> None:
    """Refuse a name that is not the signer's. Raises NotYourName."""
    expect_own(name=name, client=client, signer=signer, in_person=not relationship)


def _signed_name(signature: Signature, text: str) -> str:
    """The name under a text that was agreed to. Raises as `give_consent`."""
    name = " ".join(signature.name.split())
    if not signature.agreed:
        raise errors.ConsentNeeded
    if not any(character.isalpha() for character in name):
        raise errors.SignatureNeeded
    if signature.text_sha256 != rules.digest(text):
        raise errors.ConsentChanged
    return name


def _end_earlier(actor: User, client: Client, prescriber: Prescriber, now: datetime) -> None:
    """One that lapsed, or whose text allows less, makes room for the new one."""
    lapsed = ShareConsent.objects.filter(client=client, prescriber=prescriber)
    for one in lapsed.filter(withdrawn_at__isnull=True).defer("text"):
        ShareConsent.objects.filter(pk=one.pk).update(withdrawn_at=now)
        audit.turned(actor, "share_consent.lapsed", one, withdrawn_at=(None, now))


def _signer(actor: User, client: Client, chosen: str, *, on_paper: bool) -> str:
    """How the signer is related to the client; blank if the client signs."""
    people.expect_birth_date(client)
    if client.is_minor_on(selectors.today()):
        if client.user_id == actor.pk or chosen not in rules.SIGN_FOR_MINORS:
            raise errors.GuardianNeeded
        return chosen
    if on_paper:
        return chosen
    if client.user_id == actor.pk:
        return ""
    guardian = client.guardians.filter(user=actor).first()
    return guardian.relationship if guardian else Guardian.Relationship.OTHER


@transaction.atomic
def withdraw_consent(*, actor: User, consent: ShareConsent) -> int:
    """Withdraw a consent; returns how many open requests ended with it.

    Raises:
        InvalidTransition: it was already withdrawn.
    """
    now = timezone.now()
    in_force = ShareConsent.objects.filter(pk=consent.pk, withdrawn_at__isnull=True)
    if not in_force.update(withdrawn_at=now):
        raise InvalidTransition
    audit.turned(actor, "share_consent.withdrawn", consent, withdrawn_at=(None, now))
    waiting = DoctorRequest.objects.filter(consent=consent, status=Status.OPEN)
    return sum(_close(actor, request, now) for request in waiting)


@transaction.atomic
def ask(
    *,
    actor: User | None,
    client: Client,
    prescriber: Prescriber,
    note: str = "",
    renews: Prescription | None = None,
    signature: Signature | None = None,
) -> DoctorRequest:
    """Ask a prescriber for an order: a form to sign on paper and, with an e-mail address, a link.

    Raises:
        NoConsentOnFile: and no signature came with the request.
        BirthDateMissing: the form names it, and the link asks for it. What `give_consent` raises.
        AlreadyAsked, TooManyOpen, OwnAddress.
    """
    _lock(client)
    people.expect_birth_date(client)
    if not prescriber.is_checked and prescriber.email in _addresses(actor, client):
        raise errors.OwnAddress
    now = timezone.now()
    _make_room(actor, client, prescriber, now)
    consent = _consent(actor, client, prescriber, signature)
    request, token = _make(actor, consent, note=note, renews=renews)
    request.sent_to = prescriber.email if may_write(prescriber, client) else ""
    if request.sent_to:
        request.save(update_fields=["sent_to", "updated_at"])
        _send(actor, request, token)
    return request


@transaction.atomic
def open_form(*, consent: ShareConsent, renews: Prescription) -> tuple[DoctorRequest, str]:
    """The form for a renewal and the secret of its link, for a prescriber who is reading a letter.

    The one that is open already gets a new link: who reads the letter needs no mail.
    """
    client = consent.client
    _lock(client)
    now = timezone.now()
    waiting = DoctorRequest.objects.filter(
        client=client, prescriber=consent.prescriber, status=Status.OPEN, expires_at__gt=now
    )
    request = waiting.select_for_update(no_key=True).first()
    if request is None:
        _make_room(None, client, consent.prescriber, now)
        return _make(None, consent, renews=renews)
    token, request.token_sha256 = mint()
    request.wrong_births, request.consent = 0, consent
    request.renews = request.renews or renews
    request.save()
    return request, token


def _make(
    actor: User | None,
    consent: ShareConsent,
    *,
    note: str = "",
    renews: Prescription | None = None,
) -> tuple[DoctorRequest, str]:
    """A request, its paper form on the way, and the secret of its link."""
    token, sha256 = mint()
    request = DoctorRequest.objects.create(
        client=consent.client,
        prescriber=consent.prescriber,
        consent=consent,
        asked_by=actor,
        renews=renews if renews and renews.client_id == consent.client_id else None,
        note=note,
        token_sha256=sha256,
        expires_at=timezone.now() + timedelta(days=selectors.days_open()),
    )
    audit.record(actor, "doctor_request.made", request)
    enqueue(DRAW_FORM, str(request.pk))
    return request, token


def _consent(
    actor: User | None, client: Client, prescriber: Prescriber, signature: Signature | None
) -> ShareConsent:
    """The consent on file, or the one signed with this request."""
    consent = selectors.consent_in_force(client, prescriber)
    if consent is not None and (signature is None or not signature.agreed):
        return consent
    if signature is None or actor is None:
        raise errors.NoConsentOnFile
    return give_consent(actor=actor, client=client, prescriber=prescriber, signature=signature)


@transaction.atomic
def ask_new(
    *, actor: User, client: Client, fields: dict[str, Any], signature: Signature, note: str = ""
) -> DoctorRequest:
    """Ask a prescriber the client named: they join the directory, unchecked.

    Raises:
        NpiInvalid, and as for `ask`.
    """
    try:
        prescriber = directory.add(actor=actor, named_by=client, **fields)
    except errors.NpiTaken as error:
        prescriber = error.holder
    return ask(actor=actor, client=client, prescriber=prescriber, note=note, signature=signature)


@transaction.atomic
def send_link(*, actor: User, request: DoctorRequest) -> DoctorRequest:
    """Send a new link to the directory's current address; the old link stops working.

    Raises:
        InvalidTransition: the request is closed.
        NoAddress, NotChecked, NoConsentOnFile.
    """
    locked = DoctorRequest.objects.select_for_update(no_key=True).get(pk=request.pk)
    if locked.status != Status.OPEN:
        raise InvalidTransition
    if not locked.prescriber.email:
        raise errors.NoAddress
    if not may_write(locked.prescriber, locked.client):
        raise errors.NotChecked
    in_force = selectors.consent_in_force(locked.client, locked.prescriber)
    if in_force is None:
        raise errors.NoConsentOnFile
    token, locked.token_sha256 = mint()
    locked.consent = in_force
    locked.sent_to = locked.prescriber.email
    locked.wrong_births = 0
    locked.expires_at = timezone.now() + timedelta(days=selectors.days_open())
    locked.save()
    outbox.withdraw(about=locked.pk, kinds=[LINK_KIND])
    _send(actor, locked, token)
    return locked


@transaction.atomic
def withdraw_request(*, actor: User, request: DoctorRequest) -> None:
    """Withdraw a request; its link stops working.

    Raises:
        InvalidTransition: it was already answered or withdrawn.
    """
    if not _close(actor, request, timezone.now()):
        raise InvalidTransition


def mint() -> tuple[str, str]:
    """A link's secret, and the part of it that is stored."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    return token, links.hashed(token)


def _lock(client: Client) -> None:
    # Two clicks on a button wait here in turn; the second finds what the first one made.
    people.lock(client)


def may_write(prescriber: Prescriber, client: Client) -> bool:
    """An address one client entered is not used for another's request until it is checked."""
    known = prescriber.is_checked or prescriber.named_by_id == client.pk
    return bool(prescriber.email) and known


def _addresses(actor: User | None, client: Client) -> set[str]:
    """Addresses where the link would go back to the person asking for it."""
    guardians = client.guardians.values_list("user__email", flat=True)
    asking = actor.email if actor else ""
    own = {client.email, asking, client.user.email if client.user else "", *guardians}
    return {address.lower() for address in own if address}


def _make_room(actor: User | None, client: Client, prescriber: Prescriber, now: datetime) -> None:
    waiting = DoctorRequest.objects.filter(client=client, status=Status.OPEN)
    for late in waiting.filter(expires_at__lte=now):
        _close(actor, late, now)
    if same := waiting.filter(prescriber=prescriber).first():
        raise errors.AlreadyAsked(same)
    if waiting.count() >= MOST_OPEN:
        raise errors.TooManyOpen


def _close(actor: User | None, request: DoctorRequest, now: datetime) -> bool:
    waiting = DoctorRequest.objects.filter(pk=request.pk, status=Status.OPEN)
    if not waiting.update(status=Status.WITHDRAWN, closed_at=now):
        return False
    outbox.withdraw(about=request.pk)
    step = (Status.OPEN, Status.WITHDRAWN)
    audit.turned(actor, "doctor_request.withdrawn", request, status=step)
    return True


def _send(actor: User | None, request: DoctorRequest, token: str) -> None:
    """The e-mail contains nothing anyone typed, so it cannot be made to say something else."""
    outbox.queue(
        kind=LINK_KIND,
        key=f"{LINK_KIND}:{request.token_sha256[:32]}",
        recipient=request.sent_to,
        subject=_("A patient is asking you to complete a form for %(clinic)s")
        % {"clinic": location().name},
        template="messages/prescriber_request.txt",
        context={
            "link": links.absolute(reverse("prescriptions:rx", args=[token])),
            "days": selectors.days_open(),
        },
        client=request.client,
        about=request.pk,
        expires_at=request.expires_at,
        is_secret=True,
    )
    audit.record(actor, "doctor_request.link_sent", request)
