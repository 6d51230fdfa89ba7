"""Who works here: invited, given a role, let go. Writes; managers only, see `staff_pages`."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import audit, links, messages, selectors, sessions
from clinic.errors import DomainError, InvalidTransition
from clinic.models import Invitation, Message, Role, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

GOOD_FOR = timedelta(days=7)
MAIL = "staff.invitation"
TOLD = ("role", "display_name", "is_active")  # of a login, in the record


class AlreadyStaff(DomainError):
    code = "already_staff"
    message = gettext_lazy("Somebody with this address works here already.")


class AlreadyInvited(DomainError):
    code = "already_invited"
    message = gettext_lazy("This address has an open invitation. Send that one again.")


class LastManager(DomainError):
    code = "last_manager"
    message = gettext_lazy(
        "This is the last manager who can sign in. Make somebody else a manager first."
    )


class OwnLogin(DomainError):
    code = "own_login"
    message = gettext_lazy("You cannot close your own login. Another manager can.")


class InvitationUnknown(DomainError):
    code = "invitation_unknown"
    message = gettext_lazy("Please open the newest mail we sent you, or ask who invited you.")


class InvitationOver(DomainError):
    code = "invitation_over"
    message = gettext_lazy(
        "It was used already, was withdrawn, or is older than seven days. "
        "Ask who invited you for a new one."
    )


def colleagues() -> QuerySet[User]:
    """All logins of staff, those that are closed last."""
    staff = User.objects.exclude(role=Role.CLIENT).select_related("therapist")
    return staff.order_by("-is_active", "display_name", "email")


def open_invitations() -> QuerySet[Invitation]:
    """Not accepted and not withdrawn; `bounced` where the mail could not be sent."""
    lost = Message.objects.filter(about=OuterRef("pk"), status=Message.Status.FAILED)
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return waiting.select_related("invited_by").annotate(bounced=Exists(lost))


@transaction.atomic
def invite(*, actor: User, email: str, name: str, role: str) -> Invitation:
    """Ask somebody to work here; the mail has a link that is good once, for seven days.

    Raises:
        AlreadyStaff, AlreadyInvited.
    """
    email = User.objects.normalize_email(email.strip()).lower()
    if User.objects.filter(email=email).exclude(role=Role.CLIENT).exists():
        raise AlreadyStaff
    token = token_urlsafe(32)
    invitation = Invitation(
        email=email,
        name=" ".join(name.split()),
        role=Role(role),
        token_sha256=_hash(token),
        expires_at=timezone.now() + GOOD_FOR,
        invited_by=actor,
    )
    try:
        with transaction.atomic():
            invitation.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyInvited from error
    audit.record(actor, "staff.invited", invitation, role=role)
    _write(invitation, token)
    return invitation


@transaction.atomic
def invite_again(*, actor: User, invitation: Invitation) -> None:
    """A new link, good for seven days; the old one opens nothing any more.

    Raises:
        InvalidTransition: it was accepted or withdrawn meanwhile.
    """
    token = token_urlsafe(32)
    renewed = _still_open(invitation).update(
        token_sha256=_hash(token), expires_at=timezone.now() + GOOD_FOR
    )
    if not renewed:
        raise InvalidTransition
    invitation.refresh_from_db()
    messages.withdraw(about=invitation.pk)
    audit.record(actor, "staff.invitation_sent_again", invitation)
    _write(invitation, token)


@transaction.atomic
def withdraw(*, actor: User, invitation: Invitation) -> None:
    """Take an invitation back.

    Raises:
        InvalidTransition: it was accepted or withdrawn meanwhile.
    """
    if not _still_open(invitation).update(withdrawn_at=timezone.now()):
        raise InvalidTransition
    messages.withdraw(about=invitation.pk)
    audit.record(actor, "staff.invitation_withdrawn", invitation)


def find(token: str) -> Invitation:
    """The invitation that a link opens.

    Raises:
        InvitationUnknown: never one of ours, or replaced by a newer link.
        InvitationOver.
    """
    found = Invitation.objects.filter(token_sha256=_hash(token)).first()
    if found is None:
        raise InvitationUnknown
    if found.accepted_at or found.withdrawn_at or found.expires_at <= timezone.now():
        raise InvitationOver
    return found


@transaction.atomic
def join(*, invitation: Invitation, password: str) -> User:
    """Accept: the login is made, or a client's own becomes one of staff. Once.

    Whoever holds the link reads the mail of that address, which is what a login rests on.

    Raises:
        InvitationOver, AlreadyStaff.
    """
    now = timezone.now()
    if not _still_open(invitation).filter(expires_at__gt=now).update(accepted_at=now):
        raise InvitationOver
    user = User.objects.select_for_update(no_key=True).filter(email=invitation.email).first()
    if user is None:
        user = User(email=invitation.email)
    elif user.is_clinic_staff:
        raise AlreadyStaff
    # Somebody new was nobody before; a client's login was a client's.
    before = dict.fromkeys(TOLD) if user._state.adding else audit.snapshot(user, TOLD)
    user.display_name, user.is_active = invitation.name, True
    _give(user, Role(invitation.role))
    user.set_password(password)
    user.save()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    audit.changed(user, "staff.joined", user, before)
    return user


@transaction.atomic
def change(*, actor: User, user: User, role: str, name: str) -> User:
    """What a colleague may do, and is called. It holds from their next click on.

    Raises:
        LastManager, InvalidTransition (no colleague any more).
    """
    user = _locked(user, leaves=role != Role.MANAGER)
    before = audit.snapshot(user, TOLD)
    user.display_name = " ".join(name.split())
    _give(user, Role(role))
    user.save(update_fields=["role", "display_name", "is_staff", "is_superuser"])
    audit.changed(actor, "staff.changed", user, before)
    return user


@transaction.atomic
def deactivate(*, actor: User, user: User) -> None:
    """Close a login. Its sessions end now, wherever they are.

    Raises:
        LastManager, OwnLogin, InvalidTransition (no colleague any more).
    """
    _switch(actor, user, "staff.deactivated", active=False)
    sessions.end(actor=actor, user=user)


@transaction.atomic
def activate(*, actor: User, user: User) -> None:
    """Open a closed login again; whoever it is signs in anew.

    Raises:
        InvalidTransition: no colleague any more.
    """
    # One that was opened at the very moment of closing slept since and must not wake up.
    sessions.end(actor=actor, user=user)
    _switch(actor, user, "staff.activated", active=True)


def _switch(actor: User, user: User, action: str, *, active: bool) -> None:
    user = _locked(user, leaves=not active)
    if user.pk == actor.pk and not active:
        raise OwnLogin
    before = audit.snapshot(user, TOLD)
    user.is_active = active
    user.save(update_fields=["is_active"])
    audit.changed(actor, action, user, before)


def _locked(user: User, *, leaves: bool) -> User:
    """The row as it is now, with those of all managers: two cannot remove each other at once."""
    rows = User.objects.select_for_update(no_key=True).order_by("pk")
    managers = list(rows.filter(role=Role.MANAGER, is_active=True))
    if leaves and [manager.pk for manager in managers] == [user.pk]:
        raise LastManager
    found = rows.filter(pk=user.pk).exclude(role=Role.CLIENT).first()
    if found is None:
        raise InvalidTransition
    return found


def _give(user: User, role: Role) -> None:
    """A role, and with it the configuration pages, which are the managers'."""
    user.role = role
    user.is_staff = user.is_superuser = role == Role.MANAGER


def _still_open(invitation: Invitation) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _write(invitation: Invitation, token: str) -> None:
    location = selectors.location_or_none()
    messages.queue(
        kind=MAIL,
        key=f"{MAIL}:{invitation.token_sha256}",
        recipient=invitation.email,
        subject=_("Your login at %(clinic)s") % {"clinic": location.name if location else ""},
        template="messages/staff_invitation.txt",
        context={
            "name": invitation.name,
            "role": invitation.get_role_display(),
            "link": links.absolute(reverse("staff-join", args=[token])),
            "days": GOOD_FOR.days,
        },
        about=invitation.pk,
        expires_at=invitation.expires_at,
        is_secret=True,
    )
