"""Who acts for a client besides their own login: a parent, a second parent, a partner. Writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, selectors
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import links, outbox
from clinic.models import Guardian
from clinic.people import services as people

if TYPE_CHECKING:
    from clinic.models import Client, User

MAIL = "client.guardian"


class ActsAlready(DomainError):
    message = gettext_lazy(
        "This address can already open the record, or has been asked to confirm."
    )


class LastOfAMinor(DomainError):
    message = gettext_lazy(
        "A minor needs someone who acts for them. Add the other person first, and wait until "
        "they say yes. For an adult whose date of birth is unknown, add that first."
    )


@transaction.atomic
def add(*, actor: User, client: Client, email: str, relationship: str) -> Guardian:
    """Let another login act for a client, once its owner has signed in and agreed.

    Raises:
        ActsAlready: it is the client's own login, already acts for them, or was asked.
        RecordMerged: their record has since been merged into another.
    """
    access.require(actor, access.works_at_desk)
    people.lock(client)
    user = people.login_of(email)
    known = client.guardians.filter(user=user).exists()
    if known or user.pk == client.user_id:
        raise ActsAlready
    made = Guardian.objects.create(
        user=user, client=client, relationship=relationship, confirmed_at=None
    )
    audit.record(actor, "guardian.added", made, relationship=relationship, login=user.pk)
    _notify(made, "added", _("Do you look after someone at the clinic?"))
    return made


@transaction.atomic
def remove(*, actor: User, guardian: Guardian) -> None:
    """Stop a login from acting for a client; it can no longer open their record.

    Raises:
        LastOfAMinor: no one would be left to act for a minor.
        RecordMerged: as for `add`.
    """
    access.require(actor, access.works_at_desk)
    client = guardian.client
    people.lock(client)
    today = selectors.clinic_today()
    others = client.guardians.filter(confirmed_at__isnull=False).exclude(pk=guardian.pk)
    may_be_minor = client.birth_date is None or client.is_minor_on(today)
    if guardian.confirmed_at and may_be_minor and not others.exists():
        raise LastOfAMinor
    if not Guardian.objects.filter(pk=guardian.pk).exists():  # a second click
        return
    audit.record(actor, "guardian.removed", guardian, login=guardian.user_id)
    if guardian.confirmed_at:
        _notify(guardian, "removed", _("Your access to a record has ended"))
    guardian.delete()


def _notify(guardian: Guardian, what: str, subject: str) -> None:
    """Without a name: the address may have a typo."""
    outbox.queue(
        kind=MAIL,
        key=f"{MAIL}:{guardian.pk}:{what}",
        recipient=guardian.user.email,
        subject=subject,
        template=f"messages/guardian_{what}.txt",
        context={"url": links.absolute(reverse("portal"))},
        about=guardian.pk,
    )
