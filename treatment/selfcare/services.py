"""The clinic's own library, and what clients tick. A wording is never written over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from clinic import access
from clinic.audit import services as audit
from clinic.models import Client
from treatment.models import Exercise, ExerciseTick
from treatment.selfcare.errors import InUseAlready, NotInUse
from treatment.selfcare.loading import WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from clinic.models import User


@transaction.atomic
def add(*, actor: User, form_token: UUID, values: Mapping[str, Any]) -> Exercise:
    """One of the clinic's own. The same form twice adds one. Raises PermissionDenied."""
    access.require(actor, access.records_treatment)
    made, is_new = Exercise.objects.get_or_create(
        form_token=form_token, defaults={**values, "written_by": actor}
    )
    if is_new:
        audit.record(actor, "selfcare.added", made)
    return made


@transaction.atomic
def change(*, actor: User, exercise: Exercise, values: Mapping[str, Any]) -> Exercise:
    """The new wording, as a row of its own: what was given stays as it was given.

    Raises:
        PermissionDenied.
        NotInUse: it was retired, or has another wording by now.
    """
    access.require(actor, access.records_treatment)
    row = _locked(exercise)
    if row.is_retired:
        raise NotInUse
    words = {name: getattr(row, name) for name in WORDS}
    if words == words | dict(values):
        return row
    _retire(row)
    made = Exercise.objects.create(
        line=row.line, key=row.key, written_by=actor, **(words | dict(values))
    )
    changes = {"from": {"before": str(row.pk), "after": str(made.pk)}}
    audit.record(actor, "selfcare.changed", made, changes=changes)
    return made


@transaction.atomic
def retire(*, actor: User, exercise: Exercise) -> None:
    """Offer it no more; where it was given, it stays. Raises PermissionDenied."""
    access.require(actor, access.records_treatment)
    row = _locked(exercise)
    if not row.is_retired:
        _retire(row)
        audit.record(actor, "selfcare.retired", row)


@transaction.atomic
def bring_back(*, actor: User, exercise: Exercise) -> None:
    """Offer it again.

    Raises:
        PermissionDenied.
        InUseAlready: another wording of it is offered.
    """
    access.require(actor, access.records_treatment)
    rows = Exercise.objects.select_for_update(no_key=True)
    line = list(rows.filter(line=exercise.line).order_by("pk"))
    row = next(one for one in line if one.pk == exercise.pk)
    if not row.is_retired:
        return
    if any(not one.is_retired for one in line):
        raise InUseAlready
    row.retired_at = None
    row.save(update_fields=["retired_at", "updated_at"])
    audit.record(actor, "selfcare.brought_back", row)


@transaction.atomic
def tick(*, actor: User, client: Client, exercise: Exercise, day: date, is_done: bool) -> None:
    """The client did it on this day, or did not after all; however often that is said."""
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    same = ExerciseTick.objects.filter(client=client, exercise__line=exercise.line, day=day)
    if is_done == same.exists():
        return
    if is_done:
        ExerciseTick.objects.create(client=client, exercise=exercise, day=day)
    else:
        same.delete()
    action = "selfcare.ticked" if is_done else "selfcare.unticked"
    audit.record(actor, action, exercise, client=client)


def _locked(exercise: Exercise) -> Exercise:
    return Exercise.objects.select_for_update(no_key=True).get(pk=exercise.pk)


def _retire(row: Exercise) -> None:
    row.retired_at = timezone.now()
    row.save(update_fields=["retired_at", "updated_at"])
