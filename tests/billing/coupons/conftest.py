from __future__ import annotations

import pytest

from billing.models import Coupon
from clinic.models import ServiceOption
from tests import factories


@pytest.fixture
def coupon(db: None) -> Coupon:
    """The new clients' $10 off a first 60-minute visit."""
    return new_client_coupon()


def new_client_coupon(**values: object) -> Coupon:
    if not ServiceOption.objects.exists():
        factories.make_services()
    facts = {"code": "NEW10", "label": "$10 off your first 60-minute visit", "off_cents": 1000}
    made = Coupon.objects.create(**(facts | values))
    made.options.set(ServiceOption.objects.filter(minutes=60))
    return made
