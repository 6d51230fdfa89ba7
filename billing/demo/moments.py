"""The demo clinic is lived, not invented: its past is made by the real services, at its moments."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """What runs inside takes this for the present. Only for the demo: it is process-wide."""
    real = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real
