"""The record of who did what. Written beside the act, inside its transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinic import context
from clinic.models import AuditEvent, Client, User

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import Model
    from django.http import HttpRequest


def record(
    actor: User | AnonymousUser | None,
    action: str,
    obj: Model,
    *,
    client: Client | None = None,
    **detail: Any,
) -> None:
    """Write one event, "prescription.approved". `detail` must hold no health data."""
    if client is None:
        client = obj if isinstance(obj, Client) else getattr(obj, "client", None)
    where = context.current.get()
    AuditEvent.objects.create(
        actor=actor if isinstance(actor, User) else None,
        action=action,
        object_type=obj._meta.label_lower,
        object_id=str(obj.pk),
        client=client,
        ip=where.ip,
        request_id=where.request_id,
        detail=detail,
    )


def viewed(request: HttpRequest, obj: Model, *, client: Client | None = None) -> None:
    """Write that somebody opened an object that holds health data."""
    record(request.user, f"{obj._meta.model_name}.viewed", obj, client=client)
