"""Clients and their logins: writes. A client is a person, never an e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import audit
from clinic.errors import DomainError
from clinic.models import Client, Guardian, Role, User

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.db.models import QuerySet


class RecordMerged(DomainError):
    code = "record_merged"
    message = _("This record was joined with another one a moment ago. Please open it again.")


@transaction.atomic
def register_client(
    *,
    actor: User | None,
    email: str,
    first_name: str,
    last_name: str,
    birth_date: date,
    phone: str = "",
    relationship: str = "",
    booker_name: str = "",
) -> Client:
    """The client for somebody who books: found again, or made.

    The same login, name and date of birth is the same person. Anything else is a new client, so
    nobody who types another's e-mail address overwrites or sees what is there; where the login is
    in use, its owner says first whether the new person belongs to it. `relationship` says that the
    login's owner books for somebody else (`Guardian.Relationship`); blank: for themselves.
    `booker_name` is what that owner is called, kept where nothing is known of them yet.
    """
    user, is_new = _lock_login(email)
    first_name, last_name = " ".join(first_name.split()), " ".join(last_name.split())
    people = Client.objects.none() if is_new else reachable_by(user)
    known = people.filter(
        first_name__iexact=first_name, last_name__iexact=last_name, birth_date=birth_date
    ).first()
    if known is not None:
        return known
    by_owner = actor is not None and (actor.pk == user.pk or actor.is_clinic_staff)
    unused = user.role == Role.CLIENT and not people.exists()
    trusted = by_owner or unused
    own = trusted and not relationship and (is_new or not user.own_clients.exists())
    if trusted and booker_name and not user.display_name and user.role == Role.CLIENT:
        user.display_name = " ".join(booker_name.split())[:120]
        user.save(update_fields=["display_name"])
    client = Client.objects.create(
        user=user if own else None,
        first_name=first_name,
        last_name=last_name,
        birth_date=birth_date,
        email=user.email if own else "",
        phone=phone,
    )
    if not own:
        Guardian.objects.create(
            user=user,
            client=client,
            relationship=relationship or Guardian.Relationship.OTHER,
            confirmed_at=timezone.now() if trusted else None,
        )
    audit.record(actor, "client.registered", client)
    return client


def _lock_login(email: str) -> tuple[User, bool]:
    """The login with this address, and whether it was made now: no password, sign-in by a code.

    The row lock makes two clicks queue; the second finds the first one's client.
    """
    email = User.objects.normalize_email(email.strip()).lower()
    logins = User.objects.select_for_update(no_key=True)
    found = logins.filter(email=email).first()
    if found is not None:
        return found, False
    try:
        with transaction.atomic():
            return User.objects.create_user(email, role=Role.CLIENT), True
    except IntegrityError:  # two first bookings at once
        return logins.get(email=email), False


def login_of(email: str) -> User:
    """The login with this address, made if there is none."""
    return _lock_login(email)[0]


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
    # Who said yes first; who was only named comes last.
    by_word = (F("confirmed_at").asc(nulls_last=True), "created_at")
    guardian = client.guardians.select_related("user").order_by(*by_word).first()
    return guardian.user.email if guardian else ""


def unconfirmed(user: User) -> QuerySet[Guardian]:
    """People that somebody booked for with this login's address; its owner has not said yes."""
    waiting = user.guardianships.filter(confirmed_at__isnull=True, client__merged_into=None)
    return waiting.select_related("client")


@transaction.atomic
def confirm(*, actor: User, guardian: Guardian, is_mine: bool) -> None:
    """The owner of the login says whether they look after a person that was booked for."""
    if is_mine:
        step = (guardian.confirmed_at, timezone.now())
        guardian.confirmed_at = step[1]
        guardian.save(update_fields=["confirmed_at", "updated_at"])
        audit.turned(actor, "guardian.confirmed", guardian.client, confirmed_at=step)
    else:
        guardian.delete()
        audit.record(actor, "guardian.refused", guardian.client)


def lock(client: Client) -> None:
    """Queue with whoever else counts and adds what belongs to this client.

    Raises:
        RecordMerged: meanwhile another record stands for them.
    """
    rows = Client.everyone.select_for_update(no_key=True).order_by()
    if rows.values_list("merged_into", flat=True).get(pk=client.pk) is not None:
        raise RecordMerged


# ---- Records that were joined (`clinic.merging`) ----


def identities(client: Client) -> list[UUID]:
    """A client's id and those of the records that were joined with it."""
    found, newest = [client.pk], [client.pk]
    while newest:
        newest = list(Client.everyone.filter(merged_into__in=newest).values_list("pk", flat=True))
        found += newest
    return found


def standing_for(pk: UUID | str) -> UUID | str:
    """The id of the record that stands for this one today: its own, mostly."""
    into = Client.everyone.values_list("merged_into", flat=True)
    try:
        while further := into.filter(pk=pk).first():
            pk = further
    except ValidationError:  # not an id at all
        return pk
    return pk
