"""What the holder of a prescriber's link may do: identify the patient, sign, or decline. Once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import duties
from clinic.audit import services as audit
from clinic.celery import enqueue
from clinic.messaging import links, outbox
from clinic.people import services as people
from clinic.selectors import location
from clinic.web import context
from prescriptions.codes.selectors import table
from prescriptions.models import DoctorRequest, ShareConsent
from prescriptions.prescribers import answers as rules
from prescriptions.prescribers import consent as consents
from prescriptions.prescribers import errors, selectors

if TYPE_CHECKING:
    from datetime import date

    from prescriptions.prescribers.answers import Answers

DRAW_ORDER = "prescriptions.draw_order"
MOST_WRONG = 6  # dates of birth; then the link is locked until the clinic sends another
Status = DoctorRequest.Status
ENDS = {
    Status.SIGNED: errors.LinkUsed,
    Status.DECLINED: errors.LinkUsed,
    Status.WITHDRAWN: errors.LinkWithdrawn,
}


def find(token: str) -> DoctorRequest:
    """The request that a link still opens; the consent is checked each time.

    Raises:
        LinkUnknown: not one of ours, or replaced by a newer one.
        LinkUsed, LinkWithdrawn, LinkExpired, LinkLocked.
    """
    request = selectors.requests().filter(token_sha256=links.hashed(token)).first()
    if request is None:
        raise errors.LinkUnknown
    _expect_open(request)
    return request


def _expect_open(request: DoctorRequest) -> None:
    if request.status != Status.OPEN:
        raise ENDS[Status(request.status)]
    given = request.consent
    if not consents.in_force(given, today=selectors.today(), zone=location().zone):
        raise errors.LinkWithdrawn
    if request.expires_at <= timezone.now():
        raise errors.LinkExpired
    if request.wrong_births >= MOST_WRONG:
        raise errors.LinkLocked


def note_opening(request: DoctorRequest) -> None:
    """Someone opened the link; nothing about the patient was shown yet."""
    audit.record(None, "doctor_request.link_opened", request)


@transaction.atomic
def _count_wrong(request: DoctorRequest) -> int:
    mine = DoctorRequest.objects.filter(pk=request.pk)
    mine.update(wrong_births=F("wrong_births") + 1)
    audit.record(None, "doctor_request.wrong_birth_date", request)
    return mine.values_list("wrong_births", flat=True).get()


def note_look(request: DoctorRequest) -> None:
    """Log another view, much later, by someone who gave the date of birth."""
    audit.record(None, "doctor_request.patient_shown", request)


def check_birth_date(*, request: DoctorRequest, birth_date: date) -> None:
    """A misdirected e-mail shows nothing: anyone treating the patient knows the date of birth.

    Raises:
        WrongBirthDate, LinkLocked.
        NoBirthDate: we do not know it ourselves; nobody's try counts.
    """
    if request.client.birth_date is None:
        raise errors.NoBirthDate
    if birth_date != request.client.birth_date:
        if _count_wrong(request) >= MOST_WRONG:
            raise errors.LinkLocked
        raise errors.WrongBirthDate
    # For guesses sent in parallel: use the count as it is now, not as it was at the start.
    request.refresh_from_db(fields=["wrong_births"])
    if request.wrong_births >= MOST_WRONG:
        raise errors.LinkLocked
    with transaction.atomic():
        unopened = DoctorRequest.objects.filter(pk=request.pk, opened_at__isnull=True)
        unopened.update(opened_at=timezone.now())
        audit.record(None, "doctor_request.patient_shown", request)


@transaction.atomic
def sign(*, request: DoctorRequest, answers: Answers, name: str, attested: bool) -> DoctorRequest:
    """Store what was signed and close the link; the worker makes the prescription from it.

    Raises:
        Unanswered: an element, a check digit, the checkbox, or the signature is missing or wrong.
        LinkUsed, LinkWithdrawn, LinkExpired, LinkLocked: in the meantime.
    """
    wrong = rules.problems(answers, table=table(answers.codes), today=selectors.today())
    name = " ".join(name.split())
    if not attested:
        wrong["attested"] = [_("Please check this box to sign.")]
    if not any(character.isalpha() for character in name):
        wrong["signature"] = [_("Please type your name: it is your signature.")]
    if wrong:
        raise errors.Unanswered(wrong)
    locked = _lock(request)
    locked.status = Status.SIGNED
    locked.signed_name = name
    locked.signed_ip = context.current.get().ip
    locked.attestation = rules.attestation()
    locked.answers = answers.as_data()
    duties.start_over(locked)  # a form that is being drawn is not needed any more
    _finish(locked, "doctor_request.signed")
    enqueue(DRAW_ORDER, str(locked.pk))
    return locked


@transaction.atomic
def decline(*, request: DoctorRequest, note: str) -> DoctorRequest:
    """The prescriber declines; the client is told and may ask someone else.

    Raises:
        LinkUsed, LinkWithdrawn, LinkExpired, LinkLocked: in the meantime.
    """
    locked = _lock(request)
    locked.status = Status.DECLINED
    locked.answers = {"note": note}
    _finish(locked, "doctor_request.declined")
    tell_client(locked, "prescriber_declined")
    return locked


def _lock(request: DoctorRequest) -> DoctorRequest:
    """The row and its consent, locked: a withdrawal, second click, or second tab waits."""
    ShareConsent.objects.select_for_update(no_key=True).get(pk=request.consent_id)
    rows = selectors.requests().select_for_update(no_key=True, of=("self",))
    locked = rows.get(pk=request.pk)
    _expect_open(locked)
    return locked


def _finish(locked: DoctorRequest, action: str) -> None:
    locked.closed_at = timezone.now()
    locked.save()
    audit.turned(None, action, locked, status=(Status.OPEN, locked.status))


def tell_client(request: DoctorRequest, kind: str) -> None:
    """Only say that there is news: the account says what."""
    client = request.client
    page = reverse("prescriptions:request", args=[request.pk])
    outbox.queue(
        kind=kind,
        key=f"{kind}:{request.pk}",
        recipient=people.notify_address(client),
        subject=_("There is an update in your account"),
        template=f"messages/{kind}.txt",
        context={"first_name": client.first_name, "link": links.absolute(page)},
        client=client,
        about=request.pk,
    )
