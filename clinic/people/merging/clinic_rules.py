"""What clinic says about its rows when two records are merged: see `registry.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.models import Export, Message
from clinic.people.merging.registry import Fact, MergeRules

if TYPE_CHECKING:
    from clinic.models import Client
    from clinic.people.merging.changes import Changes

UNFINISHED = (Export.Status.WAITING, Export.Status.WORKING)


def facts(client: Client) -> list[Fact]:
    guardians = client.guardians.select_related("user").order_by("created_at")
    names = [f"{one.get_relationship_display()}: {one.user.email}" for one in guardians]
    return [
        Fact(_("Looked after by"), ", ".join(names)),
        Fact(_("Messages"), str(Message.objects.filter(client=client, is_secret=False).count())),
    ]


def prepare(kept: Client, merged: Client, changes: Changes) -> None:
    """An archive in progress starts over, with what both records hold.

    There is one at a time: of two, the kept record's stays.
    """
    begun = {"work_attempts": 0, "work_claimed_at": None, "progress": 0}
    for export in kept.exports.filter(status__in=UNFINISHED):
        changes.make(export, status=Export.Status.WAITING, **begun)
    taken = kept.exports.filter(status__in=UNFINISHED).exists()
    status = Export.Status.FAILED if taken else Export.Status.WAITING
    for export in merged.exports.filter(status__in=UNFINISHED):
        changes.make(export, status=status, **begun)


RULES = MergeRules(facts=facts, prepare=prepare)
