"""Clients say that something in their record is wrong, and get a true answer. Writes.

"Corrected" is the act itself: either the details of the person are changed with the answer, in
one transaction, or the answer names the change in the audit log by which it was done.
45 CFR 164.526: an answer within 60 days; a denial on one of its grounds, with the reason, and the
client may state that they disagree.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError, InvalidTransition
from clinic.models import CorrectionRequest
from clinic.people import services as people
from clinic.people.details import services as details
from clinic.people.details.words import named
from clinic.privacy import evidence, news

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import Client, User

MOST_OPEN = 10  # waiting corrections per client
ANSWER_WITHIN = timedelta(days=60)  # 45 CFR 164.526(b)(2)

About, Status = CorrectionRequest.About, CorrectionRequest.Status


class TooManyOpen(DomainError):
    message = gettext_lazy(
        "Ten of your requests are waiting for an answer. Please call us instead."
    )


class NothingAsked(DomainError):
    message = gettext_lazy("This is what the record says already. Change what is wrong.")


class NothingChanged(DomainError):
    message = gettext_lazy(
        "Nothing is different yet, so it cannot be answered “Corrected”. Correct it first, or"
        " leave it as it is and say why."
    )


class NoGround(DomainError):
    field = "ground"
    message = gettext_lazy("Choose why it stays as it is.")


def answer_by(correction: CorrectionRequest) -> Any:
    return correction.created_at + ANSWER_WITHIN


@transaction.atomic
def ask_correction(
    *, actor: User, client: Client, about: str, text: str, asked_for: dict[str, Any] | None = None
) -> CorrectionRequest:
    """Say that something in the record is wrong; the same wish twice is one request.

    `asked_for`: what details of the person should say.

    Raises:
        TooManyOpen: ten are already waiting.
    """
    access.require(actor, lambda user: access.may_open(user, client))
    people.lock(client)  # the count below and the new row belong together
    waiting = list(CorrectionRequest.objects.filter(client=client, status=Status.OPEN))
    if asked_for:
        for one in waiting:
            if (one.asked_for, one.text) == (asked_for, text):
                return one
    if len(waiting) >= MOST_OPEN:
        raise TooManyOpen
    made = CorrectionRequest.objects.create(
        client=client, asked_by=actor, about=about, text=text, asked_for=asked_for
    )
    audit.record(actor, "correction.asked", made)
    return made


def ask_for_details(
    *, actor: User, client: Client, text: str, wanted: Mapping[str, Any]
) -> CorrectionRequest:
    """Ask for another name or date of birth.

    Raises:
        NothingAsked: nothing of it differs from the record.
        TooManyOpen: ten are already waiting.
    """
    different = {name: value for name, value in wanted.items() if value != getattr(client, name)}
    if not different:
        raise NothingAsked
    asked_for = {name: str(value or "") for name, value in sorted(different.items())}
    return ask_correction(
        actor=actor, client=client, about=About.CONTACT, text=text, asked_for=asked_for
    )


@transaction.atomic
def correct_details(
    *, actor: User, correction: CorrectionRequest, answer: str = "", **changes: Any
) -> None:
    """Change the details of the person, and answer with it: both or neither.

    Raises:
        NothingChanged: the record says all of that already.
        InvalidTransition: it has been answered.
        What `change_details` refuses.
    """
    access.require(actor, access.works_at_desk)
    locked = _lock(actor, correction)
    changed = details.change_details(actor=actor, client=locked.client, **changes)
    if not changed:
        raise NothingChanged
    event = evidence.changes_since(locked).filter(action=evidence.DETAILS_CHANGED)[0]
    words = answer or _("Corrected: %(what)s.") % {"what": named(changed)}
    _answer(actor, locked, status=Status.CORRECTED, answer=words, evidence=event.pk)


@transaction.atomic
def say_corrected(
    *, actor: User, correction: CorrectionRequest, change: int | None, answer: str
) -> None:
    """Answer that it is corrected, by a change that was made since it was asked for.

    Raises:
        NothingChanged: there is no such change.
        InvalidTransition: it has been answered.
    """
    locked = _lock(actor, correction)
    if not evidence.changes_since(locked).filter(pk=change or 0).exists():
        raise NothingChanged
    _answer(actor, locked, status=Status.CORRECTED, answer=answer, evidence=change)


@transaction.atomic
def keep_as_is(*, actor: User, correction: CorrectionRequest, ground: str, answer: str) -> None:
    """Deny it, on a ground that the law knows, with the reason in words.

    Raises:
        NoGround: none was chosen.
        InvalidTransition: it has been answered.
    """
    locked = _lock(actor, correction)
    if ground not in set(CorrectionRequest.Ground) - {CorrectionRequest.Ground.UNSAID}:
        raise NoGround
    _answer(actor, locked, status=Status.KEPT, answer=answer, ground=ground)


@transaction.atomic
def disagree(*, actor: User, correction: CorrectionRequest, statement: str) -> None:
    """The client's own statement, which stays with the request: 45 CFR 164.526(d)(2). Once.

    Raises:
        InvalidTransition: it was not denied, or they have said so already.
    """
    access.require(actor, lambda user: access.may_act_for(user, correction.client))
    denied = CorrectionRequest.objects.filter(pk=correction.pk, status=Status.KEPT)
    now = timezone.now()
    said = {"disagreement": statement, "disagreed_at": now, "updated_at": now}
    if not denied.filter(disagreed_at=None).update(**said):
        raise InvalidTransition
    audit.record(actor, "correction.disagreed", correction)


def _lock(actor: User, correction: CorrectionRequest) -> CorrectionRequest:
    access.require(actor, lambda user: access.answers_correction(user, correction))
    waiting = CorrectionRequest.objects.filter(pk=correction.pk, status=Status.OPEN)
    locked = waiting.select_related("client").select_for_update(no_key=True, of=("self",)).first()
    if locked is None:
        raise InvalidTransition
    return locked


def _answer(actor: User, locked: CorrectionRequest, *, status: str, **answer: Any) -> None:
    """Write the answer, and tell the client that there is one."""
    vars(locked).update(status=status, answered_at=timezone.now(), **answer)
    locked.answered_by = actor
    locked.save()
    audit.turned(actor, "correction.answered", locked, status=(Status.OPEN, status))
    news.tell(locked.client, f"correction:{locked.pk}", locked.pk)
