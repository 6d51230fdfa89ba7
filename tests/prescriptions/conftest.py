from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.prescriptions import factories

if TYPE_CHECKING:
    from clinic.models import Client, Location, User
    from prescriptions.models import Prescription


@pytest.fixture
def codes(db: None) -> None:
    factories.make_codes()


@pytest.fixture
def submitted(client_record: Client, location: Location, codes: None) -> Prescription:
    return factories.submitted_prescription(client_record)


@pytest.fixture
def approved(client_record: Client, location: Location, desk_user: User) -> Prescription:
    return factories.approved_prescription(client_record)
