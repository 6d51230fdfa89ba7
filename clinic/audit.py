"""The record of who did what. Written beside the act, inside its transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from clinic import chain, context, looks
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
    client_id = client.pk if client else _client_of(obj)
    _event(actor, action, obj, client_id, detail).save(force_insert=True)


def viewed(
    request: HttpRequest,
    obj: Model,
    *,
    action: str = "",
    client: Client | None = None,
    part: bool = False,
    again: int = 0,
) -> None:
    """Write that somebody opened an object that holds health data.

    `part`: of a page. Who opened a page of the same client within the last minute sees it there,
    and that look is written already. `again`: seconds within which opening it again is one look.
    What a page asks again by itself is none (`looks`).
    """
    action = action or f"{obj._meta.model_name}.viewed"
    whose = client.pk if client else _client_of(obj)
    this, them = f"{action}:{obj.pk}", f"client:{whose}"
    before, seconds = (them, looks.PAGE) if part else (this, again)
    if looks.unseen(request, [before], seconds):
        record(request.user, action, obj, client=client)
        looks.remember(request, [this, them])


def listed(request: HttpRequest, action: str, clients: Iterable[Client]) -> None:
    """Write whom a list showed, with words about their health: once per session and hour.

    One INSERT for all of them. A list that asks again by itself tells of whom it shows anew.
    """
    about = {f"{action}:{client.pk}": client for client in clients}
    fresh = looks.unseen(request, about, looks.LIST)
    AuditEvent.objects.bulk_create(
        _event(request.user, action, about[one], about[one].pk, {}) for one in fresh
    )
    looks.remember(request, fresh)


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


def _client_of(obj: Model | type[Model]) -> Any:
    if isinstance(obj, Client):
        return obj.pk
    return None if isinstance(obj, type) else getattr(obj, "client_id", None)


def _event(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model | type[Model],
    client_id: Any,
    detail: dict[str, Any],
) -> AuditEvent:
    where = context.current.get()
    ring = keyring()
    event = AuditEvent(
        at=timezone.now(),
        actor=actor if isinstance(actor, User) else None,
        action=action,
        object_type=obj._meta.label_lower,
        object_id="" if isinstance(obj, type) else str(obj.pk),
        client_id=client_id,
        ip=where.ip,
        request_id=where.request_id,
        detail=_plain(detail),
        key_id=ring.current,
    )
    event.mac = chain.mac(ring.keys[ring.current], event)
    return event


def _plain(detail: dict[str, Any]) -> dict[str, Any]:
    """As the database will give it back: what was signed must be what is read."""
    read: dict[str, Any] = json.loads(json.dumps(detail, cls=DjangoJSONEncoder, default=str))
    return read
