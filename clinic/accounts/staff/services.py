"""Staff: invited, given a role, let go. Writes; managers only."""

from __future__ import annotations

from datetime import timedelta
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access, selectors
from clinic.accounts import sessions
from clinic.audit import services as audit
from clinic.errors import DomainError, InvalidTransition
from clinic.messaging import links, outbox
from clinic.models import Invitation, Message, Role, User

if TYPE_CHECKING:
    from django.db.models import QuerySet

GOOD_FOR = timedelta(days=7)
MAIL = "staff.invitation"
AUDITED = ("role", "display_name", "is_active")
LOCK = 0x73746166  # "staf": an advisory lock, held by the one that changes who is a manager


class AlreadyStaff(DomainError):
    message = gettext_lazy("Someone on staff already has this address.")


class AlreadyInvited(DomainError):
    message = gettext_lazy("This address already has an open invitation. Send that one again.")


class LastManager(DomainError):
    message = gettext_lazy(
        "This is the last manager who can sign in. Make someone else a manager first."
    )


class OwnLogin(DomainError):
    message = gettext_lazy("You cannot close your own login. Another manager can.")


class InvitationUnknown(DomainError):
    message = gettext_lazy(
        "Please open the latest e-mail we sent you, or ask the person who invited you."
    )


class InvitationOver(DomainError):
    message = gettext_lazy(
        "It has been used, was withdrawn, or is more than seven days old. Ask the person who "
        "invited you for a new one."
    )


def colleagues() -> QuerySet[User]:
    """All staff logins, closed ones last; `unscheduled`: a therapist not in the diary yet."""
    therapists = access.therapist_logins().filter(therapist=None)
    staff = access.staff_logins().select_related("therapist")
    staff = staff.annotate(unscheduled=Q(pk__in=therapists.values("pk")))
    return staff.order_by("-is_active", "display_name", "email")


def open_invitations() -> QuerySet[Invitation]:
    """Not accepted and not withdrawn; `bounced` and `unsure` say what became of the e-mail."""
    written = Message.objects.filter(about=OuterRef("pk"))
    bounced = Exists(written.filter(status=Message.Status.FAILED))
    unsure = Exists(written.filter(status=Message.Status.UNKNOWN))
    waiting = Invitation.objects.filter(accepted_at=None, withdrawn_at=None)
    return waiting.select_related("invited_by").annotate(bounced=bounced, unsure=unsure)


@transaction.atomic
def invite(*, actor: User, email: str, name: str, role: str) -> Invitation:
    """Invite someone to the staff; the e-mail has a link that works once, for seven days.

    Raises:
        AlreadyStaff, AlreadyInvited.
    """
    access.require(actor, access.is_manager)
    email = User.objects.normalize_email(email.strip()).lower()
    if access.staff_logins().filter(email=email).exists():
        raise AlreadyStaff
    token = token_urlsafe(32)
    invitation = Invitation(
        email=email,
        name=" ".join(name.split()),
        role=Role(role),
        token_sha256=links.hashed(token),
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
    """A new link, good for seven days; the old one no longer works.

    Raises:
        InvalidTransition: it has since been accepted or withdrawn.
    """
    access.require(actor, access.is_manager)
    token = token_urlsafe(32)
    renewed = _still_open(invitation).update(
        token_sha256=links.hashed(token), expires_at=timezone.now() + GOOD_FOR
    )
    if not renewed:
        raise InvalidTransition
    invitation.refresh_from_db()
    outbox.withdraw(about=invitation.pk)
    audit.record(actor, "staff.invitation_sent_again", invitation)
    _write(invitation, token)


@transaction.atomic
def withdraw(*, actor: User, invitation: Invitation) -> None:
    """Withdraw an invitation.

    Raises:
        InvalidTransition: it has since been accepted or withdrawn.
    """
    access.require(actor, access.is_manager)
    if not _still_open(invitation).update(withdrawn_at=timezone.now()):
        raise InvalidTransition
    outbox.withdraw(about=invitation.pk)
    audit.record(actor, "staff.invitation_withdrawn", invitation)


def find(token: str) -> Invitation:
    """The invitation behind a link.

    Raises:
        InvitationUnknown: never one of ours, or replaced by a newer link.
        InvitationOver.
    """
    found = Invitation.objects.filter(token_sha256=links.hashed(token)).first()
    if found is None:
        raise InvitationUnknown
    if found.accepted_at or found.withdrawn_at or found.expires_at <= timezone.now():
        raise InvitationOver
    return found


@transaction.atomic
def join(*, invitation: Invitation, password: str) -> User:
    """Accept: the login is created, or a client's own becomes a staff login. Once.

    Anyone who holds the link can read mail at that address, which is what a login relies on.

    Raises:
        InvitationOver, AlreadyStaff.
    """
    now = timezone.now()
    if not _still_open(invitation).filter(expires_at__gt=now).update(accepted_at=now):
        raise InvitationOver
    user = User.objects.select_for_update(no_key=True).filter(email=invitation.email).first()
    if user is None:
        user = User(email=invitation.email)
    elif access.works_here(user):
        raise AlreadyStaff
    # A new person had no role before; a client's login was a client's.
    before = dict.fromkeys(AUDITED) if user._state.adding else audit.snapshot(user, AUDITED)
    user.display_name, user.is_active = invitation.name, True
    access.give_role(user, Role(invitation.role))
    user.set_password(password)
    user.save()
    Invitation.objects.filter(pk=invitation.pk).update(accepted_by=user)
    audit.changed(user, "staff.joined", user, before)
    return user


@transaction.atomic
def change(*, actor: User, user: User, role: str, name: str) -> User:
    """Change a colleague's role and name. Takes effect with their next click.

    Raises:
        LastManager, InvalidTransition (no longer a colleague).
    """
    access.require(actor, access.is_manager)
    user = _locked(user)
    before = audit.snapshot(user, AUDITED)
    user.display_name = " ".join(name.split())
    access.give_role(user, Role(role))
    user.save(update_fields=["role", "display_name", "is_staff", "is_superuser"])
    _require_a_manager()
    audit.changed(actor, "staff.changed", user, before)
    return user


@transaction.atomic
def deactivate(*, actor: User, user: User) -> None:
    """Close a login. Its sessions end now, wherever they are.

    Raises:
        LastManager, OwnLogin, InvalidTransition (no longer a colleague).
    """
    access.require(actor, access.is_manager)
    _switch(actor, user, "staff.deactivated", active=False)
    sessions.end(actor=actor, user=user)


@transaction.atomic
def activate(*, actor: User, user: User) -> None:
    """Reopen a closed login; they sign in again.

    Raises:
        InvalidTransition: no longer a colleague.
    """
    access.require(actor, access.is_manager)
    # A session opened just as the login was closed must not come back to life.
    sessions.end(actor=actor, user=user)
    _switch(actor, user, "staff.activated", active=True)


def _switch(actor: User, user: User, action: str, *, active: bool) -> None:
    user = _locked(user)
    before = audit.snapshot(user, AUDITED)
    user.is_active = active
    user.save(update_fields=["is_active"])
    _require_a_manager()
    if user.pk == actor.pk and not active:
        raise OwnLogin
    audit.changed(actor, action, user, before)


def _locked(user: User) -> User:
    """The current row, locked. The second lock is everyone's: two cannot remove each other."""
    found = access.staff_logins().select_for_update(no_key=True).filter(pk=user.pk).first()
    if found is None:
        raise InvalidTransition
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    return found


def _require_a_manager() -> None:
    if not access.active_managers().exists():
        raise LastManager


def _still_open(invitation: Invitation) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=invitation.pk, accepted_at=None, withdrawn_at=None)


def _write(invitation: Invitation, token: str) -> None:
    location = selectors.location_or_none()
    outbox.queue(
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
