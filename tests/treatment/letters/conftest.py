from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from clinic.models import Therapist, User


@pytest.fixture
def author(therapist: Therapist) -> User:
    assert therapist.user is not None
    return therapist.user
