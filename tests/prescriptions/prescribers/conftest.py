from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.prescriptions.prescribers import factories

if TYPE_CHECKING:
    from clinic.models import Client, Location
    from prescriptions.models import DoctorRequest, Prescriber


@pytest.fixture
def prescriber(location: Location) -> Prescriber:
    return factories.make_prescriber()


@pytest.fixture
def asked(client_record: Client, prescriber: Prescriber, codes: None) -> DoctorRequest:
    return factories.make_request(client_record, prescriber)
