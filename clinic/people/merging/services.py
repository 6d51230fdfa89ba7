"""Merging two records of one person, and unmerging them. Writes.

Rows move to the kept record; the other stays as an empty shell that points to it.
Both are locked FOR UPDATE, in one order: anyone adding something for one of them waits,
and a trigger then assigns the new row to the kept record.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic import access
from clinic.audit import services as audit
from clinic.messaging import links, outbox
from clinic.models import Client, ClientMerge, Guardian, Message
from clinic.people import services as people
from clinic.people.merging import errors, registry, rows
from clinic.people.merging.changes import Changes, values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from clinic.errors import DomainError
    from clinic.models import User

T = TypeVar("T")

# What may be taken from either record; `user_id` is the login.
DETAILS = (
    *("user_id", "email", "phone", "phone_extension", "contact_by", "address"),
    *("legal_name", "pronouns", "payer_id", "member_number", "account_holder"),
    *("preferred_therapist_id", "note"),
)
# What goes with another detail, whichever record that comes from: an extension is of its number.
WITH = {"phone_extension": "phone"}
COMPARED = [name for name in DETAILS if name not in WITH]
# Encrypted at rest: the audit record must not hold them openly.
CLOSED = {"member_number", "account_holder", "note"}
# A merge yields to anyone working on one of the records. It gives up well before PostgreSQL
# looks for deadlocks (a second), so that it never kills a booking.
PATIENCE_MS = 400
TRIES = 8
PAUSE = 0.25
MAIL = "client.merge"


@dataclass(frozen=True, slots=True)
class Choice:
    """Which record is kept, and which of the two each detail comes from (its id, by field).

    `let_in`: those who act for only one of the two may open the merged record.
    """

    kept: Client
    merged: Client
    taken_from: Mapping[str, UUID]
    checked_id: bool = False
    let_in: bool = False

    def source(self, name: str, kept: Client, merged: Client) -> Client:
        """Which of the two, as they are now, a detail comes from."""
        chosen = self.taken_from.get(WITH.get(name, name))
        return merged if chosen == merged.pk else kept


def objection(one: Client, other: Client) -> DomainError | None:
    """Why these two cannot be merged as they are; None if they can."""
    if one.pk == other.pk:
        return errors.SameRecord()
    if one.merged_into_id or other.merged_into_id:
        return errors.AlreadyMerged()
    return registry.objection(one, other)


def merge(*, actor: User, choice: Choice) -> ClientMerge:
    """Merge two records.

    Raises:
        SameRecord, AlreadyMerged: there are not two.
        IdNotChecked: the dates of birth differ, and no one has checked an ID.
        Busy: someone else is working on one of them.
        DomainError: an app objects.
    """
    access.require(actor, access.works_at_desk)
    made: ClientMerge = _with_retries(lambda: _merge(actor, choice))
    return made


def undo(*, actor: User, merge: ClientMerge) -> None:
    """Unmerge two records: each has what it had, and the kept one what came since.

    Raises:
        InvalidTransition: it was undone before.
        LaterMerge: one of the two has since been merged with a third.
        Busy: someone else is working on one of them.
    """
    access.require(actor, access.works_at_desk)
    _with_retries(lambda: _undo(actor, merge))


def _with_retries(work: Callable[[], T]) -> T:
    for turn in range(TRIES):
        try:
            return work()
        except OperationalError as error:
            if getattr(error.__cause__, "pgcode", "") not in errors.LOCKED:
                raise
            time.sleep(PAUSE if turn < TRIES - 1 else 0)
    raise errors.Busy


@transaction.atomic
def _merge(actor: User, choice: Choice) -> ClientMerge:
    kept, merged = _lock_both(choice.kept, choice.merged)
    if found := objection(kept, merged):
        raise found
    if kept.birth_date != merged.birth_date and not choice.checked_id:
        raise errors.IdNotChecked
    made = ClientMerge.objects.create(kept=kept, merged=merged, done_by=actor)
    _allow_rows_to_move(made)
    notified = _addresses(kept, merged)
    before = _details(kept)
    wanted = {name: getattr(choice.source(name, kept, merged), name) for name in DETAILS}
    changes = Changes()
    for rules in registry.all_rules():
        rules.prepare(kept, merged, changes)
    guardians = _let_in(choice, kept, merged, login=wanted["user_id"])
    shut_out = _shut_out(kept, merged, guardians, changes)
    moved = rows.move(merged, kept, leave={"clinic.Guardian.client": ~guardians})
    Client.everyone.filter(pk=merged.pk).update(merged_into=kept)
    for name in COMPARED:  # one by one: what is changed later stays separate
        changes.make(kept, **{one: wanted[one] for one in DETAILS if WITH.get(one, one) == name})
    kept.refresh_from_db()
    merged.refresh_from_db()
    _readdress(kept, notified, changes)
    made.record = {"moved": moved, "changes": changes.made}
    made.save(update_fields=["record", "updated_at"])
    detail: dict[str, Any] = {"before": before, "after": _details(kept)}
    detail |= {"moved": rows.counted(moved), "shut_out": shut_out}
    audit.record(actor, "client.merged", made, client=kept, other=merged.pk, **detail)
    audit.record(actor, "client.merged_away", made, client=merged, other=kept.pk)
    _notify(made, notified)
    return made


def _let_in(choice: Choice, kept: Client, merged: Client, *, login: UUID | None) -> Q:
    """Which guardianships open the merged record.

    Anyone may book in another's name, and must not gain access to that person's record by a merge:
    those who act for only one of the two get access if the desk says so; those who never said yes
    do not. Someone who signs in as the client needs no second way in.
    """
    said_yes = Q(confirmed_at__isnull=False)
    mine, theirs = (
        set(client.guardians.filter(said_yes).values_list("user", flat=True))
        for client in (kept, merged)
    )
    users = (mine | theirs if choice.let_in else mine & theirs) - {login}
    return said_yes & Q(user__in=users)


def _shut_out(kept: Client, merged: Client, inside: Q, changes: Changes) -> list[dict[str, Any]]:
    """Remove the kept record's other guardianships, and notify their owners.

    Also notified: those left with the other record, which no longer opens anything.
    """
    found = []
    for client in (kept, merged):
        for guardian in client.guardians.exclude(inside):
            found.append({"login": guardian.user_id, "of": client.pk})
            if client == kept:
                changes.remove(guardian)
    return found


@transaction.atomic
def _undo(actor: User, merge: ClientMerge) -> None:
    kept, merged = _lock_both(merge.kept, merge.merged)
    found = ClientMerge.objects.select_for_update(no_key=True, of=("self",)).get(pk=merge.pk)
    if not found.is_in_effect:
        raise errors.AlreadyUndone
    if later := later_merge(found):
        raise errors.LaterMerge(later)
    found.undone_at, found.undone_by = timezone.now(), actor
    found.save(update_fields=["undone_at", "undone_by", "updated_at"])
    _allow_rows_to_move(found)
    notified, before = _addresses(kept, merged), _details(kept)
    Client.everyone.filter(pk=merged.pk).update(merged_into=None)
    back = rows.move(kept, merged, only=found.record["moved"], leave={})
    Changes(found.record["changes"]).put_back()
    rows.reassign_later_rows(kept, merged)
    kept.refresh_from_db()
    merged.refresh_from_db()
    _readdress(merged, _addresses(kept) - _addresses(merged), Changes())
    detail = {"before": before, "after": _details(kept), "moved": rows.counted(back)}
    audit.record(actor, "client.parted", found, client=kept, other=merged.pk, **detail)
    audit.record(actor, "client.parted", found, client=merged, other=kept.pk)
    _notify(found, notified | _addresses(kept, merged))


def later_merge(merge: ClientMerge) -> ClientMerge | None:
    """The newest later merge that involved one of the two and has not been undone."""
    pair = [merge.kept_id, merge.merged_id]
    return (
        ClientMerge.objects.filter(Q(kept__in=pair) | Q(merged__in=pair))
        .filter(undone_at=None, created_at__gt=merge.created_at)
        .exclude(pk=merge.pk)
        .select_related("kept", "merged")
        .order_by("-created_at")
        .first()
    )


def _lock_both(kept: Client, merged: Client) -> tuple[Client, Client]:
    """Both rows, locked in the order of their ids, as they are now."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE_MS}ms'")
    # FOR UPDATE and not FOR NO KEY UPDATE: it also blocks anyone adding a row that names them.
    pair = Client.everyone.select_for_update(no_key=False).filter(pk__in=[kept.pk, merged.pk])
    locked = {client.pk: client for client in pair.order_by("pk")}
    return locked[kept.pk], locked[merged.pk]


def _allow_rows_to_move(merge: ClientMerge) -> None:
    """Until this transaction ends, the triggers let rows move between these two."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.merge', %s, true)", [str(merge.pk)])


def _details(client: Client) -> dict[str, Any]:
    return values(client, [name for name in DETAILS if name not in CLOSED])


# ---- Who is notified ----


def _addresses(*clients: Client) -> set[str]:
    """Where each record's person gets e-mail, and who acts for them."""
    found = {client.email for client in clients}
    found |= {client.user.email for client in clients if client.user is not None}
    found |= {people.notify_address(client) for client in clients}
    guardians = Guardian.objects.filter(client__in=clients, confirmed_at__isnull=False)
    found |= set(guardians.values_list("user__email", flat=True))
    return {address.lower() for address in found if address}


def _readdress(client: Client, known: set[str], changes: Changes) -> None:
    """Messages about a client waiting for a `known` address go where their record says."""
    address = people.notify_address(client)
    if not address:
        return
    others = known - {address.lower()}
    waiting = Message.objects.filter(
        client=client, status=Message.Status.QUEUED, channel=Message.Channel.EMAIL
    )
    # Locked: a worker that claims one now would send it, and this would queue it again.
    for message in waiting.select_for_update(no_key=True):
        if message.recipient.lower() in others:
            # With the status, so that what has already gone out keeps saying where it went.
            changes.make(message, recipient=address, status=message.status)


def _notify(merge: ClientMerge, addresses: set[str]) -> None:
    """Write to every address either record had: what was done, and nothing about anyone."""
    done, name = ("undone", "parted") if merge.undone_at else ("done", "merged")
    opens = _logins_of(merge.kept)
    for address in sorted(addresses):
        outbox.queue(
            kind=MAIL,
            key=f"{MAIL}:{merge.pk}:{done}:{address}"[:160],
            recipient=address,
            subject=_("Your record at the clinic"),
            template=f"messages/client_{name}.txt",
            context={"opens_it": address in opens, "url": links.absolute(reverse("portal"))},
            client=merge.kept,
            about=merge.pk,
        )


def _logins_of(client: Client) -> set[str]:
    """The addresses that can sign in to this record."""
    guardians = client.guardians.filter(confirmed_at__isnull=False)
    found = set(guardians.values_list("user__email", flat=True))
    if client.user is not None:
        found.add(client.user.email)
    return {address.lower() for address in found}
