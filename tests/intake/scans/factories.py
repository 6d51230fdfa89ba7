"""Scans of paper forms, attached as staff attach them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from intake import selectors
from intake.scans import services
from tests.prescriptions import paper

if TYPE_CHECKING:
    from clinic.models import Client, User
    from intake.models import PaperScan


def received(client: Client, actor: User, *files: bytes, **fields: Any) -> PaperScan:
    given = {"token": uuid4(), "name": client.name, "signed_on": selectors.clinic_today(), **fields}
    return services.attach(actor=actor, client=client, files=files or (paper.photo(),), **given)


def attached(client: Client, actor: User, *files: bytes, **fields: Any) -> PaperScan:
    """And checked by the worker."""
    scan = received(client, actor, *files, **fields)
    services.process(str(scan.pk))
    scan.refresh_from_db()
    return scan
