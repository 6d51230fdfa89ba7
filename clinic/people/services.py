"""Clients and their logins: writes. A client is a person, never an e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.models import Client, Guardian, User
from clinic.people import names

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet


class RecordMerged(DomainError):
    message = _("This record was just merged with another one. Please open it again.")


class BirthDateMissing(DomainError):
    """Someone who may be a minor must not be taken for an adult: ask first."""

    message = _("We do not have the date of birth yet. The front desk has to add it first.")


@transaction.atomic
def register_client(
    *,
    actor: User | None,
    email: str,
    first_name: str,
    last_name: str,
    birth_date: date,
    phone: str = "",
    phone_extension: str = "",
    relationship: str = "",
    booker_name: str = "",
) -> Client:
    """The client for someone who books: found, or created.

    The same login, name and date of birth is the same person. Anything else is a new client, so
    no one who types another's e-mail address overwrites or sees what is there; if the login is
    in use, its owner first confirms that the new person belongs to it. `relationship` says that the
    login's owner books for someone else (`Guardian.Relationship`); blank: for themselves. The desk
    adds clients with `adding.py`, which asks before it takes anyone for somebody known.
    `booker_name` is that owner's name, kept if we have none yet.
    """
    user, is_new = lock_login(email)
    name = names.of(first_name, last_name)
    people = Client.objects.none() if is_new else reachable_by(user)
    same_name = people.filter(first_name__iexact=name.first, last_name__iexact=name.last)
    if known := same_name.filter(birth_date=birth_date).first():
        return known
    client = Client(first_name=name.first, last_name=name.last, birth_date=birth_date)
    client.phone, client.phone_extension = phone, phone_extension
    return join(
        actor, client, user, is_new=is_new, relationship=relationship, booker_name=booker_name
    )


def join(
    actor: User | None,
    client: Client,
    user: User,
    *,
    is_new: bool,
    relationship: str = "",
    booker_name: str = "",
) -> Client:
    """Write a new client who belongs to a locked login: as its owner, or looked after by them."""
    people = Client.objects.none() if is_new else reachable_by(user)
    trusted = _is_trusted(actor, user, people)
    if trusted:
        _keep_name(user, booker_name)
    own = trusted and not relationship and (is_new or not user.own_clients.exists())
    if own:
        client.user, client.email = user, user.email
    client.save(force_insert=True)
    if not own:
        _add_guardian(user, client, relationship, trusted=trusted)
    audit.record(actor, "client.registered", client)
    return client


def _is_trusted(actor: User | None, user: User, people: QuerySet[Client]) -> bool:
    """Whether the login's owner, or staff, books; or there is nothing to protect yet."""
    by_owner = actor is not None and (actor.pk == user.pk or access.works_here(actor))
    return by_owner or (not access.works_here(user) and not people.exists())


def _keep_name(user: User, name: str) -> None:
    if name and not user.display_name and not access.works_here(user):
        user.display_name = " ".join(name.split())[:120]
        user.save(update_fields=["display_name"])


def _add_guardian(user: User, client: Client, relationship: str, *, trusted: bool) -> None:
    Guardian.objects.create(
        user=user,
        client=client,
        relationship=relationship or Guardian.Relationship.OTHER,
        confirmed_at=timezone.now() if trusted else None,
    )


def lock_login(email: str) -> tuple[User, bool]:
    """The login with this address, and whether it is new: no password, sign-in by code.

    The row lock makes two clicks queue; the second finds the first one's client.
    """
    email = User.objects.normalize_email(email.strip()).lower()
    logins = User.objects.select_for_update(no_key=True)
    found = logins.filter(email=email).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return User.objects.create_user(email), True
    except IntegrityError:  # two first bookings at once
        return logins.get(email=email), False


def login_of(email: str) -> User:
    """The login with this address, created if there is none."""
    return lock_login(email)[0]


def reachable_by(user: User) -> QuerySet[Client]:
    own = Client.objects.filter(user=user)
    guarded = Client.objects.filter(pk__in=user.guardianships.values("client"))
    return own | guarded


def notify_address(client: Client) -> str:
    """Where to write about a client: their own address, their login's, else a guardian's."""
    if client.email:
        return client.email
    if client.user is not None:
        return client.user.email
    # The one who confirmed first comes first; those only named come last.
    by_word = (F("confirmed_at").asc(nulls_last=True), "created_at")
    guardian = client.guardians.select_related("user").order_by(*by_word).first()
    return guardian.user.email if guardian else ""


def unconfirmed(user: User) -> QuerySet[Guardian]:
    """People booked with this login's address whom its owner has not confirmed."""
    waiting = user.guardianships.filter(confirmed_at__isnull=True, client__merged_into=None)
    return waiting.select_related("client")


@transaction.atomic
def confirm(*, actor: User, guardian: Guardian, is_mine: bool) -> None:
    """The login's owner says whether they act for a person who was booked.

    Raises:
        PermissionDenied: it is someone else's login.
    """
    access.require(actor, lambda user: user == guardian.user)
    if is_mine:
        step = (guardian.confirmed_at, timezone.now())
        guardian.confirmed_at = step[1]
        guardian.save(update_fields=["confirmed_at", "updated_at"])
        audit.turned(actor, "guardian.confirmed", guardian.client, confirmed_at=step)
    else:
        guardian.delete()
        audit.record(actor, "guardian.refused", guardian.client)


def expect_birth_date(client: Client) -> None:
    """Refuse what depends on the age of someone whose date of birth we do not know.

    They may book; hands-on care, a signature and whatever names them on paper have to wait.

    Raises:
        BirthDateMissing
    """
    if client.birth_date is None:
        raise BirthDateMissing


def lock(client: Client) -> None:
    """Lock out others who count and add things for this client.

    Raises:
        RecordMerged: their record has since been merged into another.
    """
    rows = Client.everyone.select_for_update(no_key=True).order_by()
    if rows.values_list("merged_into", flat=True).get(pk=client.pk) is not None:
        raise RecordMerged
