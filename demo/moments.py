"""The demo's past is not faked: the real services make it, each at its own moment."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Code inside sees this as the current time. Only for the demo: it is process-wide."""
    real = timezone.now
    timezone.now = lambda: moment
    try:
        yield
    finally:
        timezone.now = real
