"""Form fields that more than one room uses."""

from __future__ import annotations

from typing import Any

from clinic.web.fields import DayField, DayInput

__all__ = ["DayInput", "day_field"]


def day_field(label: Any, **kwargs: Any) -> DayField:
    return DayField(label, required=False, **kwargs)
