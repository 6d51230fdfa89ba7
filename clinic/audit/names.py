"""Names for the rows that a change mentions by id: the log keeps ids, a page shows who or what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from clinic.models import Payer, Room, Therapist

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.db.models import Model
    from django_stubs_ext import StrOrPromise

    from clinic.models import AuditEvent

# Fields that hold a row's id, of any event.
ROWS: Mapping[str, type[Payer | Room | Therapist]] = {
    "payer": Payer,
    "preferred_therapist": Therapist,
    "therapist": Therapist,
    "room": Room,
}
LABELS: Mapping[str, StrOrPromise] = {
    "payer": _("payer"),
    "preferred_therapist": _("preferred therapist"),
    "therapist": _("therapist"),
    "room": _("room"),
}
Change = tuple[Any, Any, Any]  # the field in words, before, after


def changes(events: Iterable[AuditEvent]) -> dict[int, list[Change]]:
    """What each event changed, by its key; a query for each kind of row that is named."""
    found = {event.pk: _of(event.detail) for event in events}
    names = _names([one for changed in found.values() for one in changed])
    return {
        pk: [
            (LABELS.get(field, field), names.get(before, before), names.get(after, after))
            for field, before, after in changed
        ]
        for pk, changed in found.items()
    }


def _of(detail: Mapping[str, Any]) -> list[Change]:
    """Of a change, both sides; of a merge, what differs between the record before and after."""
    pairs = detail.get("changes")
    if not isinstance(pairs, dict):
        before, after = detail.get("before"), detail.get("after")
        if not (isinstance(before, dict) and isinstance(after, dict)):
            return []
        pairs = {
            name: {"before": before.get(name), "after": after.get(name)}
            for name in {**before, **after}
            if before.get(name) != after.get(name)
        }
    return [
        (_bare(field), change.get("before"), change.get("after"))
        for field, change in pairs.items()
        if isinstance(change, dict)
    ]


def _bare(field: str) -> str:
    bare = field.removesuffix("_id")
    return bare if bare in ROWS else field


def _names(changed: Iterable[Change]) -> dict[str, str]:
    """By id; a row that is gone, or was none of ours, keeps its id on the page."""
    wanted: dict[type[Model], set[str]] = {}
    for field, *sides in changed:
        if field in ROWS:
            wanted.setdefault(ROWS[field], set()).update(one for one in sides if _is_id(one))
    return {
        str(row.pk): row.name  # type: ignore[attr-defined]
        for model, ids in wanted.items()
        if ids
        for row in model._default_manager.filter(pk__in=ids)
    }


def _is_id(value: Any) -> bool:
    try:
        UUID(value)
    except (TypeError, ValueError, AttributeError):
        return False
    return True
