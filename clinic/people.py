"""Clients and their logins: writes. A client is a person, never an e-mail address."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from clinic import audit
from clinic.models import Client, Guardian, Role, User

if TYPE_CHECKING:
    from datetime import date

    from django.db.models import QuerySet


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
) -> Client:
    """The client for somebody who books: found again, or made.

    The same login, name and date of birth is the same person. Anything else is a new client, so
    nobody who types another's e-mail address overwrites or sees what is there. `relationship` says
    that the login's owner books for somebody else (`Guardian.Relationship`); blank: for themselves.
    """
    user = login_for(email)
    first_name, last_name = " ".join(first_name.split()), " ".join(last_name.split())
    known = (
        reachable_by(user)
        .filter(first_name__iexact=first_name, last_name__iexact=last_name, birth_date=birth_date)
        .first()
    )
    if known is not None:
        return known
    own = not relationship and not user.own_clients.exists()
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
            user=user, client=client, relationship=relationship or Guardian.Relationship.OTHER
        )
    audit.record(actor, "client.registered", client)
    return client


def login_for(email: str) -> User:
    """The login with this address, made when new: no password, sign-in by a code."""
    email = User.objects.normalize_email(email.strip()).lower()
    found = User.objects.filter(email=email).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return User.objects.create_user(email, role=Role.CLIENT)
    except IntegrityError:  # two first bookings at once
        return User.objects.get(email=email)


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
    guardian = client.guardians.select_related("user").order_by("created_at").first()
    return guardian.user.email if guardian else ""
