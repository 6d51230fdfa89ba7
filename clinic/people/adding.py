"""A new record at the desk: by telephone, at the counter, from a referral. No login is needed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic import access, selectors
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.ids.phone import Phone
from clinic.models import Client, Guardian
from clinic.people import names
from clinic.people import services as people
from clinic.people.details import services as details
from clinic.people.likeness import Name
from clinic.people.similar import similar

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

    from clinic.models import User
    from clinic.people.similar import Similar

LOCK = 0x61646463  # "addc": an advisory lock, held by the one who adds a client
AGAIN = timedelta(minutes=2)  # a second click, or Back and once more
GUARDS = {Guardian.Relationship.PARENT.value, Guardian.Relationship.LEGAL_GUARDIAN.value}


class PerhapsKnown(DomainError):
    """Nothing is opened or dropped by itself: the desk looks, and decides."""

    message = _("There may already be a record. Use it, or add a new one anyway.")

    def __init__(self, found: list[Similar]) -> None:
        self.found = found
        super().__init__()


class WhoIsIt(DomainError):
    field = "birth_date"
    message = _("Enter the date of birth or a telephone number. One of the two is enough.")


class WhoseEmail(DomainError):
    field = "relationship"
    message = _("A child is looked after by a parent or legal guardian. Say whose e-mail it is.")


@transaction.atomic
def add(
    *,
    actor: User,
    email: str = "",
    relationship: str = "",
    seen: Collection[UUID] = (),
    **fields: Any,
) -> Client:
    """Add a client. `fields` are those of `change_details`; a login only with `email`.

    `relationship` says whose address it is, if not their own. `seen` are the similar records that
    were looked at before this one was added anyway.

    Raises:
        PerhapsKnown: there are similar records that nobody has looked at.
        NameMissing, WhoIsIt, CallNeedsPhone: a record cannot be like that.
        WhoseEmail: a minor's address is that of a parent or legal guardian.
    """
    access.require(actor, access.works_at_desk)
    client = described(**fields)
    if email and client.is_minor_on(selectors.clinic_today()) and relationship not in GUARDS:
        raise WhoseEmail
    with connection.cursor() as cursor:  # two who add the same person at once
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    name = Name(client.first_name, client.last_name)
    found = similar(name, born=client.birth_date, phone=Phone.of(client.phone).number)
    if (twin := _just_made(client, email, found)) is not None:
        return twin
    if {one.client.pk for one in found} - set(seen):
        raise PerhapsKnown(found)
    if email:
        user, is_new = people.lock_login(email)
        return people.join(actor, client, user, is_new=is_new, relationship=relationship)
    client.save(force_insert=True)
    audit.record(actor, "client.registered", client)
    return client


def described(**fields: Any) -> Client:
    """The row, not saved yet. Raises as `add`."""
    client = Client(**fields)
    name = names.of(client.first_name, client.last_name)
    client.first_name, client.last_name = name.first, name.last
    if client.birth_date is None and not client.phone:
        raise WhoIsIt
    details.expect_sound(client)
    return client


def _just_made(client: Client, email: str, found: Collection[Similar]) -> Client | None:
    """The record that the same words made a moment ago: nothing that was typed is dropped."""
    same = [name for name in details.FIELDS if name != "payer"]
    for one in found:
        other = one.client
        is_fresh = timezone.now() - other.created_at < AGAIN
        address = people.notify_address(other)
        if (
            is_fresh
            and address.lower() == email.strip().lower()
            and all(getattr(client, field) == getattr(other, field) for field in same)
        ):
            return other
    return None
