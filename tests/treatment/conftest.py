from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    """Visits of these tests lie earlier on the same day, at whatever hour the suite runs."""
    with mid_afternoon():
        yield
