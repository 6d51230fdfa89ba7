"""A client's e-mail address, changed at the desk: once the new one proves itself, or by sight.

A link goes to the new address and word of it to the current one, which stays in use until the link
is opened and confirmed. Or staff say how they know that it is this person who asks. The address
that a client signs in with changes with it, by the same rule. The link's key is signed and stored
nowhere; the record has what it is about.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import uuid4

from allauth.account.models import EmailAddress
from django.core import signing
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, selectors
from clinic.accounts.addresses import services as addresses
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import links, outbox
from clinic.models import Client, User

if TYPE_CHECKING:
    from uuid import UUID

KIND = "client.email"
SALT = "client-email"
LASTS = timedelta(days=7)


class Seen(StrEnum):
    """How staff know who asks."""

    WITH_ID = "id"
    KNOWN = "known"


class SameEmail(DomainError):
    field = "email"
    message = gettext_lazy("This is the address we have. Type the new one.")


class EmailTaken(DomainError):
    field = "email"
    message = gettext_lazy(
        "Someone already signs in with this address. If they look after this client, add them "
        "under “Who may act for them”. If they are the same person, merge the two records."
    )


class WorksHere(DomainError):
    field = "email"
    message = gettext_lazy(
        "This client signs in as staff. They change the address themselves, under “Account”."
    )


class LinkOver(DomainError):
    message = gettext_lazy("This link has expired. Please call us, and we will send you a new one.")


class LinkUsed(DomainError):
    message = gettext_lazy("This address is confirmed already. There is nothing left to do.")


class LinkReplaced(DomainError):
    message = gettext_lazy(
        "We have since been asked for another address, or told to leave it as it is. "
        "Please call us if that is not right."
    )


@transaction.atomic
def ask(*, actor: User, client: Client, email: str) -> None:
    """Send a link to the new address; until it is confirmed, the current one stays in use.

    Raises:
        SameEmail, EmailTaken, WorksHere.
        LinkOver: the record was just merged into another.
    """
    access.require(actor, access.works_at_desk)
    client, new = _lock(client.pk), addresses.tidy(email)
    _expect_free(client, new)
    client.new_email, client.new_email_at = new, timezone.now()
    client.save(update_fields=["new_email", "new_email_at", "updated_at"])
    audit.turned(actor, "client.email_asked", client, email=(_current(client), new))
    _write(client, new, _("Please confirm your address"), "email_confirm.txt", with_link=True)
    _write(client, _current(client), _("Someone asked to change your address"), "email_asked.txt")


@transaction.atomic
def change(*, actor: User, client: Client, email: str, seen: Seen) -> None:
    """Change it now: staff have seen the person, and say how they know them.

    Raises:
        As `ask`.
    """
    access.require(actor, access.works_at_desk)
    client, new = _lock(client.pk), addresses.tidy(email)
    _expect_free(client, new)
    _change(actor, client, new, how=f"seen, {seen}")


@transaction.atomic
def drop(*, actor: User, client: Client) -> None:
    """Wait no longer: the link that was sent no longer works."""
    access.require(actor, access.works_at_desk)
    client = _lock(client.pk)
    if client.new_email:
        audit.record(actor, "client.email_dropped", client)
        _clear(client)


def find(token: str) -> Client:
    """Whose link it is. Raises LinkOver, LinkUsed or LinkReplaced."""
    pk, at = _read(token)
    client = Client.objects.filter(pk=pk).select_related("user").first()
    return _expect_open(client, at)


@transaction.atomic
def confirm(*, token: str) -> None:
    """Anyone who opened the link reads mail at the new address.

    Raises:
        LinkOver, LinkUsed, LinkReplaced.
        EmailTaken: someone has since begun to sign in with it.
    """
    pk, at = _read(token)
    client = _expect_open(_lock(pk), at)
    _expect_free(client, client.new_email)
    _change(None, client, client.new_email, how="link")


def _read(token: str) -> tuple[str, datetime]:
    try:
        pk, at = signing.loads(token, salt=SALT, max_age=LASTS)
        return str(pk), datetime.fromisoformat(at)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LinkOver from error


def _expect_open(client: Client | None, at: datetime) -> Client:
    if client is None:
        raise LinkOver
    if client.new_email_at == at and client.new_email:
        return client
    raise LinkUsed if client.email_proven_at == at else LinkReplaced


def _lock(pk: UUID | str) -> Client:
    rows = Client.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    client = rows.order_by().filter(pk=pk).first()
    if client is None:
        raise LinkOver
    return client


def _expect_free(client: Client, new: str) -> None:
    user = client.user
    if access.works_here(user):
        raise WorksHere
    if new == client.email.lower() and (user is None or new == user.email):
        raise SameEmail
    logins = User.objects.filter(email__iexact=new)
    logins = logins.exclude(pk=user.pk) if user is not None else logins
    rows = EmailAddress.objects.filter(email__iexact=new).exclude(user=client.user_id)
    if logins.exists() or rows.exists():
        raise EmailTaken


def _change(actor: User | None, client: Client, new: str, *, how: str) -> None:
    old = _current(client)
    if client.user is not None:
        try:
            addresses.change(user=client.user, new=new, keep=None, actor=actor)
        except addresses.AddressTaken as error:
            raise EmailTaken from error
    else:
        outbox.readdress(clients=[client], old=old, new=new)
        _write(client, old, _("Your address was changed"), "email_changed.txt")
    if client.user is None and _signs_in(client):
        client.user = User.objects.create_user(new)
    client.email, client.email_proven_at = new, client.new_email_at
    client.new_email, client.new_email_at = "", None
    fields = ["user", "email", "email_proven_at", "new_email", "new_email_at", "updated_at"]
    client.save(update_fields=fields)
    changes = {"email": {"before": old, "after": new}}
    audit.record(actor, "client.email_set", client, changes=changes, how=how)


def _signs_in(client: Client) -> bool:
    """An adult without a login gets one; someone looked after does not."""
    today = selectors.clinic_today()
    is_adult = client.birth_date is not None and not client.is_minor_on(today)
    return is_adult and not client.guardians.exists()


def _clear(client: Client) -> None:
    client.new_email, client.new_email_at = "", None
    client.save(update_fields=["new_email", "new_email_at", "updated_at"])


def _current(client: Client) -> str:
    return client.email or (client.user.email if client.user is not None else "")


def _write(
    client: Client, recipient: str, subject: str, template: str, *, with_link: bool = False
) -> None:
    """Without a name: the address may have a typo."""
    at = client.new_email_at
    token = signing.dumps([str(client.pk), at.isoformat()], salt=SALT) if with_link and at else ""
    outbox.queue(
        kind=KIND,
        key=f"{KIND}:{uuid4()}",
        recipient=recipient,
        subject=subject,
        template=f"messages/{template}",
        context={"url": links.absolute(reverse("email-confirm", args=[token])) if token else ""},
        about=client.pk,
        is_secret=with_link,
    )
