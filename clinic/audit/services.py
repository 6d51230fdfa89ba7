"""The audit log: who did what. Written along with the action, in its transaction."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from clinic.audit import chain, view_log
from clinic.models import AuditEvent, Client, User
from clinic.vault.crypto import keyring
from clinic.web import context

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

    One INSERT that waits for nothing; the chain is made afterward (`chaining.py`). A class instead
    of an object: the event is about none of them in particular.
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
    """Write that someone opened an object that holds health data.

    `part`: part of a page. Who opened a page of the same client in the last minute sees it there,
    and that view is already logged. `again`: seconds within which reopening it is the same view.
    What a page polls by itself is not a view (`view_log`).
    """
    action = action or f"{obj._meta.model_name}.viewed"
    whose = client.pk if client else _client_of(obj)
    this, them = f"{action}:{obj.pk}", f"client:{whose}"
    before, seconds = (them, view_log.PAGE) if part else (this, again)
    if view_log.unseen(request, [before], seconds):
        record(request.user, action, obj, client=client)
        view_log.remember(request, [this, them])


def listed(request: HttpRequest, action: str, clients: Iterable[Client]) -> None:
    """Write whom a list with health information showed: once per session and hour.

    One INSERT for all of them. A list that polls by itself reports only those newly shown.
    """
    about = {f"{action}:{client.pk}": client for client in clients}
    fresh = view_log.unseen(request, about, view_log.LIST)
    AuditEvent.objects.bulk_create(
        _event(request.user, action, about[one], about[one].pk, {}) for one in fresh
    )
    view_log.remember(request, fresh)


def snapshot(obj: Model, fields: Iterable[str]) -> dict[str, Any]:
    """The current values of these fields, to compare after a change."""
    return {field: getattr(obj, obj._meta.get_field(field).attname) for field in fields}  # type: ignore[union-attr]


def changed(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    before: Mapping[str, Any],
    *,
    client: Client | None = None,
) -> None:
    """Write the changes since a `snapshot`, before and after; nothing if there are none.

    Not for fields encrypted at rest: in the log they would not be encrypted.
    """
    after = snapshot(obj, before)
    changes = {
        field: {"before": before[field], "after": after[field]}
        for field in before
        if before[field] != after[field]
    }
    if changes:
        record(actor, action, obj, client=client, changes=changes)


def turned(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    *,
    client: Client | None = None,
    **fields: tuple[Any, Any],
) -> None:
    """Write a change with known before and after: `status=("submitted", "approved")`."""
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
    keys = keyring()
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
        key_id=keys.current,
    )
    event.mac = chain.mac(keys.current_key, event)
    return event


def _plain(detail: dict[str, Any]) -> dict[str, Any]:
    """As the database will return it: what was signed must equal what is read."""
    read: dict[str, Any] = json.loads(json.dumps(detail, cls=DjangoJSONEncoder, default=str))
    return read
