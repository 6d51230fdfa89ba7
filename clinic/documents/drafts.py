"""Printed pages on their way from the task that lays them out to the one that signs them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic.documents import store as documents
from clinic.models import Document

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet

    from clinic.models import Client


def keep(*, of: UUID, content: bytes, pages: int, client: Client | None) -> Document:
    """Keep what was printed of a row until it is signed. Printed again, it is the same draft."""
    if known := _of(of).first():
        return known
    return documents.store(
        actor=None,
        content=content,
        kind=Document.Kind.DRAFT,
        name=_name(of),
        content_type="application/pdf",
        client=client,
        pages=pages,
    )


def find(of: UUID) -> Document | None:
    return _of(of).first()


def forget(of: UUID) -> None:
    """What was signed is kept instead."""
    for draft in _of(of):
        documents.remove(actor=None, document=draft)


def _of(of: UUID) -> QuerySet[Document]:
    return Document.objects.filter(kind=Document.Kind.DRAFT, name=_name(of))


def _name(of: UUID) -> str:
    return f"{of}.pdf"
