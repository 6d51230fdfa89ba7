"""Who acts for a client besides their own login: a parent, a second parent, a partner. Writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import audit, links, messages, people, selectors
from clinic.errors import DomainError
from clinic.models import Guardian

if TYPE_CHECKING:
    from clinic.models import Client, User

MAIL = "client.guardian"


class ActsAlready(DomainError):
    code = "acts_already"
    message = gettext_lazy("This address opens the record already, or has been asked to say so.")


class LastOfAMinor(DomainError):
    code = "last_of_a_minor"
    message = gettext_lazy(
        "A minor needs somebody who acts for them. Add the other person first, and wait until they "
        "have said yes."
    )


@transaction.atomic
def add(*, actor: User, client: Client, email: str, relationship: str) -> Guardian:
    """Let another login act for a client, once its owner has signed in and said yes.

    Raises:
        ActsAlready: it is the client's own login, or acts for them, or was asked.
        RecordMerged: meanwhile another record stands for them.
    """
    people.lock(client)
    user = people.login_of(email)
    known = client.guardians.filter(user=user).exists()
    if known or user.pk == client.user_id:
        raise ActsAlready
    made = Guardian.objects.create(
        user=user, client=client, relationship=relationship, confirmed_at=None
    )
    audit.record(actor, "guardian.added", made, relationship=relationship, login=user.pk)
    _tell(made, "added", _("Do you look after somebody at the clinic?"))
    return made


@transaction.atomic
def remove(*, actor: User, guardian: Guardian) -> None:
    """Take a login away from a client; it opens nothing of theirs from now on.

    Raises:
        LastOfAMinor: nobody would be left to act for a minor.
        RecordMerged: as for `add`.
    """
    client = guardian.client
    people.lock(client)
    today = timezone.localdate(timezone=selectors.location().zone)
    others = client.guardians.filter(confirmed_at__isnull=False).exclude(pk=guardian.pk)
    if guardian.confirmed_at and client.is_minor_on(today) and not others.exists():
        raise LastOfAMinor
    if not Guardian.objects.filter(pk=guardian.pk).exists():  # a second click
        return
    audit.record(actor, "guardian.removed", guardian, login=guardian.user_id)
    if guardian.confirmed_at:
        _tell(guardian, "removed", _("Your access to a record has ended"))
    guardian.delete()


def _tell(guardian: Guardian, what: str, subject: str) -> None:
    """Without a name: the address may have a slip in it."""
    messages.queue(
        kind=MAIL,
        key=f"{MAIL}:{guardian.pk}:{what}",
        recipient=guardian.user.email,
        subject=subject,
        template=f"messages/guardian_{what}.txt",
        context={"url": links.absolute(reverse("portal"))},
        about=guardian.pk,
    )
