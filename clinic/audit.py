"""The record of who did what. Written beside the act, inside its transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from clinic import chain, context
from clinic.crypto import keyring
from clinic.models import AuditEvent, Client, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Model
    from django.http import HttpRequest


def record(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model | type[Model],
    *,
    client: Client | None = None,
    **detail: Any,
) -> None:
    """Write one event, "prescription.approved". `detail` must hold no health data.

    One INSERT that waits for nobody; the chain is made afterwards (`sealing.py`). A class in place
    of an object: it happened to none of them in particular.
    """
    if client is None and not isinstance(obj, type):
        client = obj if isinstance(obj, Client) else getattr(obj, "client", None)
    where = context.current.get()
    ring = keyring()
    event = AuditEvent(
        at=timezone.now(),
        actor=actor if isinstance(actor, User) else None,
        action=action,
        object_type=obj._meta.label_lower,
        object_id="" if isinstance(obj, type) else str(obj.pk),
        client=client,
        ip=where.ip,
        request_id=where.request_id,
        detail=_plain(detail),
        key_id=ring.current,
    )
    event.mac = chain.mac(ring.keys[ring.current], event)
    event.save(force_insert=True)


def viewed(request: HttpRequest, obj: Model, *, client: Client | None = None) -> None:
    """Write that somebody opened an object that holds health data."""
    record(request.user, f"{obj._meta.model_name}.viewed", obj, client=client)


def snapshot(obj: Model, fields: Iterable[str]) -> dict[str, Any]:
    """What these fields hold now, to be compared after a change."""
    return {field: getattr(obj, obj._meta.get_field(field).attname) for field in fields}  # type: ignore[union-attr]


def changed(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    before: Mapping[str, Any],
    *,
    client: Client | None = None,
) -> None:
    """Write what became of the fields of a `snapshot`, before and after; nothing if nothing did.

    Not for fields that are encrypted at rest: here they would not be.
    """
    after = snapshot(obj, before)
    told = {
        field: {"before": before[field], "after": after[field]}
        for field in before
        if before[field] != after[field]
    }
    if told:
        record(actor, action, obj, client=client, changes=told)


def turned(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    *,
    client: Client | None = None,
    **fields: tuple[Any, Any],
) -> None:
    """Write a step whose two sides are known: `status=("submitted", "approved")`."""
    changes = {
        field: {"before": before, "after": after} for field, (before, after) in fields.items()
    }
    record(actor, action, obj, client=client, changes=changes)


def _plain(detail: dict[str, Any]) -> dict[str, Any]:
    """As the database will give it back: what was signed must be what is read."""
    read: dict[str, Any] = json.loads(json.dumps(detail, cls=DjangoJSONEncoder, default=str))
    return read
