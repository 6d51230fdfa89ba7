"""Which rows belong to a client, read from the models: a new table cannot be forgotten."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Exists, OuterRef, Q

from clinic.models import Client, Document, Message
from clinic.people.merging import registry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from uuid import UUID

    from django.db.models import Model, QuerySet

Moved = dict[str, list[str]]  # by the name of a foreign key, the rows that it was changed in

# Foreign keys to a client that no merge changes, and why.
STAYS = {
    "clinic.AuditEvent.client": "append-only; pages read those of both: `selectors.record_ids`",
    "clinic.Client.merged_into": "says what was merged with what",
    "clinic.ClientMerge.kept": "says what was merged with what",
    "clinic.ClientMerge.merged": "says what was merged with what",
}


def foreign_keys() -> Iterator[models.ForeignKey[Any, Any]]:
    """Every foreign key to a client, hidden ones too."""
    for relation in Client._meta.get_fields(include_hidden=True):
        field = getattr(relation, "field", None)
        if relation.auto_created and not relation.concrete and isinstance(field, models.ForeignKey):
            yield field


def name_of(key: models.ForeignKey[Any, Any]) -> str:
    return f"{key.model._meta.label}.{key.name}"


def moving() -> Iterator[models.ForeignKey[Any, Any]]:
    return (key for key in foreign_keys() if name_of(key) not in STAYS)


def move(
    source: Client, target: Client, *, only: Moved | None = None, leave: Mapping[str, Q]
) -> Moved:
    """Move one client's rows to another; returns which they were.

    `only` these, if given. What would break a constraint stays where it is, as does what
    `leave` says of a foreign key.
    """
    moved: Moved = {}
    for key in moving():
        name = name_of(key)
        rows = key.model._base_manager.filter(**{key.name: source})
        if only is not None:
            rows = rows.filter(pk__in=only.get(name, []))
        rows = rows.exclude(pk__in=_clashing(key, source, target))
        if name in leave:
            rows = rows.exclude(leave[name])
        pks = list(rows.values_list("pk", flat=True))
        if pks:
            key.model._base_manager.filter(pk__in=pks).update(**{key.name: target})
            moved[name] = [str(pk) for pk in pks]
    return moved


def _clashing(key: models.ForeignKey[Any, Any], source: Client, target: Client) -> set[Any]:
    """Rows the target cannot take: it has one like them, and may have only one."""
    rows = key.model._base_manager
    found: set[Any] = set()
    for names, condition in _uniques(key):
        same = {name: OuterRef(name) for name in names if name != key.name}
        there = rows.filter(condition, **{key.name: target}, **same)
        here = rows.filter(condition, Exists(there), **{key.name: source})
        found.update(here.values_list("pk", flat=True))
    return found


def _uniques(key: models.ForeignKey[Any, Any]) -> Iterator[tuple[Sequence[str], Q]]:
    meta = key.model._meta
    if key.unique:
        yield (key.name,), Q()
    for names in meta.unique_together:
        if key.name in names:
            yield tuple(names), Q()
    for constraint in meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and key.name in constraint.fields:
            yield constraint.fields, constraint.condition or Q()


# ---- Unmerging: what was added since goes with what it belongs to ----


def reassign_later_rows(kept: Client, parted: Client) -> None:
    """Move what was added since to the record it now belongs to.

    A payment goes with its visit, a visit with the prescription it is counted on; documents go
    with what they are part of, messages with what they are about.
    """
    for one in registry.dependents():
        if _own_key(one.model) is None:
            continue
        for was, should in ((kept, parted), (parted, kept)):
            astray = one.model._base_manager.filter(client=was, **{one.path: should})
            pks = list(astray.values_list("pk", flat=True))
            one.model._base_manager.filter(pk__in=pks).update(client=should)
    for was, should in ((kept, parted), (parted, kept)):
        for documents in _documents_of(should):
            Document.objects.filter(client=was, pk__in=documents).update(client=should)
        Message.objects.filter(client=was, about__in=_ids_of(should)).update(client=should)


def _own_key(model: type[Model]) -> models.ForeignKey[Any, Any] | None:
    return next((key for key in moving() if key.model is model and key.name == "client"), None)


def _documents_of(client: Client) -> Iterator[QuerySet[Any, Any]]:
    """The documents of each kind of row that is a client's."""
    for model, path in _paths().items():
        for field in (*model._meta.fields, *model._meta.many_to_many):
            if field.related_model is Document:
                rows = model._base_manager.filter(**{path: client})
                yield rows.exclude(**{field.name: None}).values(field.name)


def _paths() -> dict[type[Model], str]:
    """How every model that has documents leads to a client."""
    found = {one.model: one.path for one in registry.dependents()}
    own = {key.model: key.name for key in moving() if key.model is not Document}
    return found | own


def _ids_of(client: Client) -> set[UUID]:
    """What messages may be about."""
    about: set[UUID] = set()
    for key in moving():
        if key.model not in (Message, Document):
            rows = key.model._base_manager.filter(**{key.name: client})
            about.update(rows.values_list("pk", flat=True))
    return about


def counted(moved: Moved) -> dict[str, int]:
    """How many rows of each table, for the record."""
    counts: dict[str, int] = defaultdict(int)
    for name, pks in moved.items():
        counts[name.rpartition(".")[0]] += len(pks)
    return dict(counts)
