"""What the ground has to say when two records are joined: see `floors.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.merging.floors import Fact, Floor
from clinic.models import Export, Message

if TYPE_CHECKING:
    from clinic.merging.changes import Changes
    from clinic.models import Client

UNFINISHED = (Export.Status.WAITING, Export.Status.WORKING)


def facts(client: Client) -> list[Fact]:
    guardians = client.guardians.select_related("user").order_by("created_at")
    told = [f"{one.get_relationship_display()}: {one.user.email}" for one in guardians]
    return [
        Fact(_("Looked after by"), ", ".join(told)),
        Fact(_("Messages"), str(Message.objects.filter(client=client, is_secret=False).count())),
    ]


def prepare(kept: Client, merged: Client, changes: Changes) -> None:
    """An archive that is being put together begins anew, with what both records hold.

    There is one at a time: of two, the kept record's.
    """
    begun = {"attempts": 0, "started_at": None, "progress": 0}
    for export in kept.exports.filter(status__in=UNFINISHED):
        changes.make(export, status=Export.Status.WAITING, **begun)
    taken = kept.exports.filter(status__in=UNFINISHED).exists()
    status = Export.Status.FAILED if taken else Export.Status.WAITING
    for export in merged.exports.filter(status__in=UNFINISHED):
        changes.make(export, status=status, **begun)


FLOOR = Floor(facts=facts, prepare=prepare)
