"""A login's sign-in address: changed only by someone who can read mail at the new one.

Asking sends a code there and a notice to the current address. The page never reveals whether
someone already signs in with the new address; its owner is told by e-mail instead of the code.
"""

from __future__ import annotations

from uuid import uuid4

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access
from clinic.accounts import sessions
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import outbox
from clinic.models import Client, User

KIND = "sign-in"


class SameAddress(DomainError):
    message = gettext_lazy("You already sign in with this address. Type the one you want instead.")


class AddressTaken(DomainError):
    message = gettext_lazy(
        "Someone else has since started to sign in with this address. Please use a different "
        "one, or call us."
    )


def tidy(email: str) -> str:
    """As logins are stored: trimmed and in lower case."""
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
    """Send the code to the new address, and a notice to the current one."""
    audit.record(user, "signin.address_asked", user)
    write(user=user, new=new, code=code)
    _notify(user.email, _("Someone asked to change your address"), "messages/address_asked.txt")


def write(*, user: User, new: str, code: str) -> None:
    """The code; or, if someone else signs in with the address, a note saying so."""
    template = "messages/address_code.txt"
    if is_taken(new, by_other_than=user):
        template = "messages/address_taken.txt"
    _notify(new, _("Your new address at the clinic"), template, is_secret=True, code=code)


@transaction.atomic
def change(*, user: User, new: str, keep: str | None, actor: User | None = None) -> None:
    """From now on sign in only with the new address; waiting mail goes there.

    All sessions but `keep` end. `actor`: who did it, if not the login's owner.

    Raises:
        AddressTaken: since the code was sent, or by someone else just now.
    """
    # Not `no_key`: other tables refer to the address, and taking the lock twice could deadlock.
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
    audit.changed(actor or user, "signin.address_changed", user, before)
    _follow(user, old)
    sessions.end(actor=actor or user, user=user, keep=keep)
    _notify(old, _("Your address was changed"), "messages/address_changed.txt")


def _follow(user: User, old: str) -> None:
    """The clients whose contact address it was, and the waiting e-mails."""
    mine = list(access.clients_for(user))
    for client in Client.objects.filter(pk__in=[one.pk for one in mine], email__iexact=old):
        before = audit.snapshot(client, ("email",))
        client.email = user.email
        client.save(update_fields=["email", "updated_at"])
        audit.changed(user, "client.email_changed", client, before)
    outbox.readdress(clients=mine, old=old, new=user.email)


def _notify(
    recipient: str, subject: str, template: str, *, is_secret: bool = False, code: str = ""
) -> None:
    outbox.queue(
        kind=KIND,
        key=f"address:{uuid4()}",
        recipient=recipient,
        subject=subject,
        template=template,
        context={"code": code},
        is_secret=is_secret,
    )
