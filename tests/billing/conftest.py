from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from billing import services, tasks
from billing.issuing import services as issuing
from tests.billing.factories import plain_visit
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from billing.models import BillingDocument
    from clinic.models import Client, User
    from treatment.models import Visit


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    """Visits of these tests lie earlier on the same day, at whatever hour the suite runs."""
    with mid_afternoon():
        yield


@pytest.fixture
def visit(client_record: Client) -> Visit:
    return plain_visit(client_record)


@pytest.fixture
def receipt(desk_user: User, visit: Visit) -> BillingDocument:
    services.take_payment(
        actor=desk_user, visit=visit, method="hsa", amount_cents=10000, form_token=uuid4()
    )
    issued = issuing.issue_receipt(actor=desk_user, visit=visit)
    tasks.render_document.run(str(issued.pk))
    issued.refresh_from_db()
    return issued
