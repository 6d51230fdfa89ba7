from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.intake import factories

if TYPE_CHECKING:
    from intake.models import Questionnaire


@pytest.fixture
def questionnaire_row(db: None) -> Questionnaire:
    """Every test of the pages has the questionnaire that the clinic has."""
    return factories.loaded_questionnaire()
