"""What else a merge changes in rows besides their owner, kept so that it can be restored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, models, transaction

if TYPE_CHECKING:
    from collections.abc import Iterable


class Changes:
    """A list of changes of single rows: fields before and after, as plain data."""

    def __init__(self, made: list[dict[str, Any]] | None = None) -> None:
        self.made = made if made is not None else []

    def make(self, row: models.Model, **after: Any) -> None:
        """Write these fields of a row. Named by attribute: `consent_id`, not `consent`."""
        change = {"model": row._meta.label, "row": str(row.pk), "before": values(row, after)}
        for name, value in after.items():
            setattr(row, name, value)
        type(row)._base_manager.filter(pk=row.pk).update(**after)
        self.made.append(change | {"after": values(row, after)})

    def remove(self, row: models.Model) -> None:
        """Remove a row while the merge is in effect."""
        before = values(row, [field.attname for field in row._meta.concrete_fields])
        self.made.append(
            {"model": row._meta.label, "row": str(row.pk), "before": before, "after": None}
        )
        row.delete()

    def put_back(self) -> None:
        """Each row as it was, unless it is gone; later changes stay."""
        for change in reversed(self.made):
            model: type[models.Model] = apps.get_model(change["model"])
            if change["after"] is None:
                _create(model, change["before"])
                continue
            rows = model._base_manager.select_for_update(no_key=True)
            row = rows.filter(pk=change["row"]).first()
            if row is not None and values(row, change["after"]) == change["after"]:
                _write(row, change["before"])


def _create(model: type[models.Model], before: dict[str, Any]) -> None:
    row = model()
    for name, value in before.items():
        setattr(row, name, _field(row, name).to_python(value))
    try:
        with transaction.atomic():  # savepoint: there may now be another like it
            row.save(force_insert=True)
    except IntegrityError:
        return
    _write(row, before)  # with the time it was made


def _write(row: models.Model, before: dict[str, Any]) -> None:
    read = {name: _field(row, name).to_python(value) for name, value in before.items()}
    try:
        with transaction.atomic():  # savepoint: newer rows may be in the way, and they stay
            type(row)._base_manager.filter(pk=row.pk).update(**read)
    except IntegrityError:
        return


def values(row: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """The values of these fields as stored and as JSON will return them."""
    held = {name: _field(row, name).get_prep_value(getattr(row, name)) for name in names}
    read: dict[str, Any] = json.loads(json.dumps(held, cls=DjangoJSONEncoder))
    return read


def _field(row: models.Model, name: str) -> models.Field[Any, Any]:
    field = row._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(name)
    return field
