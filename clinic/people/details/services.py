"""What a record says about the person: changed by staff, or what is theirs by the client. Writes.

Every change is on record with both sides, and the client is told at their address which detail it
was, without the values: anyone who changes a telephone number must not stay unnoticed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import outbox
from clinic.models import Client
from clinic.people import names
from clinic.people import services as people
from clinic.people.details.words import told
from clinic.selectors import location_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from clinic.models import User

# What clients change themselves. A name and a birth date are on orders and receipts: they ask.
OWN = frozenset(
    ["pronouns", "phone", "phone_extension", "contact_by", "address", "preferred_therapist"]
)
ENCRYPTED = frozenset(["member_number", "account_holder", "note"])
# Not the e-mail: it changes only when the new address proves itself, or staff have seen the person
# (`clinic.accounts.addresses.of_client`).
FIELDS = OWN | ENCRYPTED | {"first_name", "last_name", "legal_name", "birth_date", "payer"}


class CallNeedsPhone(DomainError):
    field = "phone"
    message = gettext_lazy("Add the telephone number to call, or choose to be written to.")


class NothingToKnowThemBy(DomainError):
    field = "phone"
    message = gettext_lazy("Keep the telephone number: there is no date of birth to find them by.")


class NameMissing(DomainError):
    field = "first_name"
    message = gettext_lazy("Type the name. One name is enough.")


class BirthDateKept(DomainError):
    field = "birth_date"
    message = gettext_lazy("We know the date of birth: it can be corrected, but not removed.")


@transaction.atomic
def change_details(*, actor: User, client: Client, seen: bool = False, **changes: Any) -> list[str]:
    """Change these fields of a record; returns the names of those that now differ.

    `seen`: staff have seen the person, and may change the e-mail too.

    Raises:
        PermissionDenied: the actor may not change one of them.
        CallNeedsPhone, NothingToKnowThemBy, NameMissing: a record cannot be like that.
        BirthDateKept: it was known.
        RecordMerged: it was just merged into another.
    """
    named = changes.keys() - ({"email"} if seen and access.works_at_desk(actor) else set())
    access.require(actor, lambda user: may_change(user, client, named))
    people.lock(client)
    client.refresh_from_db()
    old_address = people.notify_address(client)
    if "phone" in changes and not changes["phone"]:
        changes["phone_extension"] = ""
    before = {name: getattr(client, name) for name in changes}
    if before.get("birth_date") and changes["birth_date"] is None:
        raise BirthDateKept
    for name, value in changes.items():
        setattr(client, name, names.tidy(value) if name.endswith("_name") else value)
    changed = [name for name in sorted(changes) if before[name] != getattr(client, name)]
    if changed:
        expect_sound(client)
        client.save(update_fields=[*changed, "updated_at"])
        _record(actor, client, {name: before[name] for name in changed})
        _tell(client, changed, old_address)
    return changed


@transaction.atomic
def write_note(*, actor: User, client: Client, note: str) -> None:
    """What everyone who works with this client should know; blank takes it away.

    Raises:
        RecordMerged: as for `change_details`.
    """
    access.require(actor, access.in_care_team)
    people.lock(client)
    client.refresh_from_db()
    before, client.note = client.note, note.strip()
    if client.note != before:
        client.save(update_fields=["note", "updated_at"])
        _record(actor, client, {"note": before})


def may_change(user: access.Actor, client: Client, names: Iterable[str]) -> bool:
    if not FIELDS.issuperset(names):
        return False
    if access.works_at_desk(user):
        return True
    return OWN.issuperset(names) and access.may_act_for(user, client)


def expect_sound(client: Client) -> None:
    """Refuse what no record can be like."""
    if not client.first_name:
        raise NameMissing
    if not client.phone and client.birth_date is None:
        raise NothingToKnowThemBy
    if not client.phone and client.contact_by == Client.ContactBy.CALL:
        raise CallNeedsPhone


def _record(actor: User, client: Client, before: Mapping[str, Any]) -> None:
    """Both sides; of what is encrypted at rest, only that it changed."""
    sides = {
        name: (_plain(value), _plain(getattr(client, name)))
        for name, value in before.items()
        if name not in ENCRYPTED
    }
    hidden = sorted(ENCRYPTED & set(before))
    how: dict[str, Any] = {"also": hidden} if hidden else {}
    changes = {name: {"before": was, "after": now} for name, (was, now) in sides.items()}
    audit.record(actor, "client.details_changed", client, changes=changes, **how)


def _plain(value: Any) -> Any:
    """A row by its id, as elsewhere in the log."""
    return str(getattr(value, "pk", value)) if value is not None else None


def _tell(client: Client, changed: list[str], old_address: str) -> None:
    """To where we write, and where we wrote before. A call would not warn of a false number."""
    what = told(changed)
    if not what:
        return
    place = location_or_none()
    name = {"clinic": place.name if place else _("the clinic"), "what": what[0]}
    one = _("Your %(what)s at %(clinic)s was changed") % name
    many = _("Your details at %(clinic)s were changed") % name
    for address in {old_address, people.notify_address(client)} - {""}:
        outbox.queue(
            kind="details",
            key=f"details:{uuid4()}",
            recipient=address,
            subject=many if len(what) > 1 else one,
            template="messages/details_changed.txt",
            context={"first_name": client.first_name, "what": what},
            client=client,
            about=client.pk,
        )
