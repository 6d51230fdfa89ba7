"""The stretches and habits that ship with the product, into the library."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from clinic.audit import services as audit
from treatment.models import Exercise

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DATA = Path(__file__).resolve().parents[1] / "data" / "selfcare.json"
OURS = UUID("5b0c8c5e-5d55-4a7e-9a53-6d6c7f6f3f10")  # the lines of ours follow from their names
WORDS = ("title", "purpose", "steps", "amount", "stop", "regions", "drawing", "position")


def shipped() -> list[dict[str, Any]]:
    """What ships, in its order; a field by the name of its column."""
    rows: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))
    return [
        row | {"steps": "\n".join(row["steps"]), "position": place}
        for place, row in enumerate(rows)
    ]


@transaction.atomic
def load(rows: Iterable[Mapping[str, Any]]) -> int:
    """Add what is new and what reads differently in this release; how many rows that makes.

    What the clinic has put in words of its own, or retired, stays so.
    """
    known: dict[str, Exercise] = {}
    for one in Exercise.objects.exclude(key="").order_by("created_at"):
        known[one.key] = one  # the newest wording of each
    return sum(_load(row, known.get(row["key"])) for row in rows)


def _load(row: Mapping[str, Any], last: Exercise | None) -> bool:
    words = {name: row[name] for name in WORDS}
    if last is not None:
        is_ours = last.written_by_id is None and not last.is_retired
        if not is_ours or all(getattr(last, name) == value for name, value in words.items()):
            return False
        last.retired_at = timezone.now()
        last.save(update_fields=["retired_at", "updated_at"])
    made = Exercise.objects.create(key=row["key"], line=uuid5(OURS, row["key"]), **words)
    audit.record(None, "selfcare.loaded", made)
    return True
