"""The address that a login signs in with: changed only by who reads the mail of the new one.

Asking sends a code there, and word to the present address. Nobody learns on the page whether
somebody signs in with the new address already; its owner does, by mail, in place of the code.
"""

from __future__ import annotations

from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, audit, messages, sessions
from clinic.errors import DomainError
from clinic.models import Client, User

KIND = "sign-in"


class SameAddress(DomainError):
    code = "same_address"
    message = gettext_lazy("You sign in with this address already. Type the one you want instead.")


class AddressTaken(DomainError):
    code = "address_taken"
    message = gettext_lazy(
        "Meanwhile somebody else began to sign in with this address. Please take another, or call "
        "us."
    )


def tidy(email: str) -> str:
    """As logins are kept: without spaces around, in small letters."""
    return User.objects.normalize_email(email.strip()).lower()


def is_taken(email: str, *, by_other_than: User) -> bool:
    others = User.objects.filter(email__iexact=email).exclude(pk=by_other_than.pk)
    rows = EmailAddress.objects.filter(email__iexact=email).exclude(user=by_other_than)
    return others.exists() or rows.exists()


def require_another(*, user: User, new: str) -> None:
    """Raises SameAddress."""
    if new == user.email:
        raise SameAddress


@transaction.atomic
def ask(*, user: User, new: str, code: str) -> None:
    """Send the code to the new address, and word of it to the present one."""
    audit.record(user, "signin.address_asked", user)
    write(user=user, new=new, code=code)
    _tell(user.email, _("Somebody asked to change your address"), "messages/address_asked.txt")


def write(*, user: User, new: str, code: str) -> None:
    """The code; or, where somebody else signs in with the address, that they do."""
    template = "messages/address_code.txt"
    if is_taken(new, by_other_than=user):
        template = "messages/address_taken.txt"
    _tell(new, _("Your new address at the clinic"), template, is_secret=True, code=code)


@transaction.atomic
def change(*, user: User, new: str, keep: str | None) -> None:
    """Sign in with the new address from now on, with that alone; whatever waits goes there.

    All sessions but `keep` end.

    Raises:
        AddressTaken: since the code was sent, or by somebody else at this very moment.
    """
    # Not `no_key`: the address is a key to others, and taking the lock twice could deadlock.
    user = User.objects.select_for_update().get(pk=user.pk)
    if user.email == new:  # a second click
        return
    if is_taken(new, by_other_than=user):
        raise AddressTaken
    old, before = user.email, audit.snapshot(user, ("email",))
    user.email = new
    try:
        with transaction.atomic():
            user.save(update_fields=["email"])
            EmailAddress.objects.filter(user=user).delete()
            EmailAddress.objects.create(user=user, email=new, verified=True, primary=True)
    except IntegrityError as error:
        raise AddressTaken from error
    audit.changed(user, "signin.address_changed", user, before)
    _follow(user, old)
    sessions.end(actor=user, user=user, keep=keep)
    _tell(old, _("Your address was changed"), "messages/address_changed.txt")


def _follow(user: User, old: str) -> None:
    """The clients whose contact the old address was, and the mails that wait."""
    mine = list(access.clients_for(user))
    for client in Client.objects.filter(pk__in=[one.pk for one in mine], email__iexact=old):
        before = audit.snapshot(client, ("email",))
        client.email = user.email
        client.save(update_fields=["email", "updated_at"])
        audit.changed(user, "client.email_changed", client, before)
    messages.readdress(clients=mine, old=old, new=user.email)


def _tell(
    recipient: str, subject: str, template: str, *, is_secret: bool = False, code: str = ""
) -> None:
    messages.queue(
        kind=KIND,
        key=f"address:{uuid4()}",
        recipient=recipient,
        subject=subject,
        template=template,
        context={"code": code},
        is_secret=is_secret,
    )
