"""Rows that change nothing in the diary: who pays, and what minutes are recorded under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from booking.setup.errors import AlreadyThere, NothingChanged
from clinic import access
from clinic.audit import services as audit

if TYPE_CHECKING:
    from clinic.models import Payer, Technique, User


@transaction.atomic
def save(*, actor: User, row: Payer | Technique, values: dict[str, Any]) -> None:
    """Add a row, or change it.

    Raises:
        NothingChanged: it is already so.
        AlreadyThere: another one has that name.
    """
    access.require(actor, access.is_manager)
    adding, names = row._state.adding, list(values)
    before = {} if adding else audit.snapshot(row, names)
    for name, value in values.items():
        setattr(row, name, value)
    if before and before == audit.snapshot(row, names):
        raise NothingChanged
    try:
        with transaction.atomic():
            row.save(update_fields=None if adding else [*names, "updated_at"])
    except IntegrityError as error:  # the form checked, but someone was quicker
        raise AlreadyThere from error
    kind = row._meta.model_name
    if adding:
        audit.record(actor, f"diary.{kind}_added", row)
    else:
        audit.changed(actor, f"diary.{kind}_changed", row, before)
