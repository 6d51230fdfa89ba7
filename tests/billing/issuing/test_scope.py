"""What was done beyond the order: a line of its own, and nothing of it for a plan or an insurer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from billing import selectors
from billing.errors import BeyondOrder, Lack, NoUnits
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.mending.places import places
from billing.models import Charge, Kind
from clinic.models import Payer, Therapist
from tests.billing.issuing.test_checks import insured  # noqa: F401 - a fixture
from tests.billing.test_pdf import words
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from clinic.models import Client, ServiceOption, User
    from treatment.models import Visit

NECK, KNEE = "back-neck-middle", "front-knee-left"
OUTSIDE = "Massage, not prescribed"


def beyond(client: Client, options: dict[tuple[str, int], ServiceOption], outside: int) -> Visit:
    """An hour of one technique, some of it on the knee; the neck was ordered."""
    Therapist.objects.update(npi="1234567893")
    visit = finished_visit(
        client,
        {"Neuromuscular": 60},
        elapsed=60,
        option=options["medical", 60],
        order={"regions": (NECK,)},
        regions=[NECK, KNEE],
        outside={"Neuromuscular": outside},
    )
    return selectors.visits().get(pk=visit.pk)


@pytest.mark.parametrize(
    ("outside", "rule", "units", "cents"),
    [
        (20, Payer.UnitRule.CMS, [3, 1], [7500, 2500]),
        (20, Payer.UnitRule.AMA, [3, 1], [7500, 2500]),
        (7, Payer.UnitRule.CMS, [4, 0], [10000, 0]),
        (30, Payer.UnitRule.CMS, [2, 2], [5000, 5000]),
        (60, Payer.UnitRule.CMS, [4], [10000]),
    ],
)
@pytest.mark.django_db
def test_all_timed_minutes_make_the_units_and_then_the_lines(
    outside: int,
    rule: str,
    units: list[int],
    cents: list[int],
    insured: Client,  # noqa: F811
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    Payer.objects.update(unit_rule=rule)
    lines = selectors.price(beyond(insured, options, outside))
    assert [line.units for line in lines] == units
    assert [line.list_cents for line in lines] == cents
    assert not lines[-1].is_eligible
    assert lines[-1].procedure_id is None
    assert sum(line.minutes for line in lines) == 60


@pytest.mark.django_db
def test_it_stands_apart_on_the_receipt_and_not_on_the_superbill(
    desk_user: User,
    insured: Client,  # noqa: F811
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    visit = beyond(insured, options, 20)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    text = words(receipt)
    assert f"{OUTSIDE} outside the prescription; plans do not reimburse it 20 1 $25.00" in text
    assert "40 3 $75.00" in text
    assert (receipt.net_cents, receipt.supported_cents) == (10000, 7500)
    superbill = issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=visit)
    assert superbill.net_cents == 7500
    assert OUTSIDE not in words(superbill)
    assert [line.minutes for line in superbill.lines.all()] == [40]
    day = visit.appointment.local_date
    statement = issuing.issue_range(Kind.STATEMENT, actor=desk_user, span=Span(insured, day, day))
    text = words(statement)
    assert f"{OUTSIDE}, $25.00 (in the total)" in text
    assert statement.snapshot["sums"]["covered"]["treatment_cents"] == 7500


@pytest.mark.django_db
def test_a_health_plans_card_does_not_pay_it(
    insured: Client,  # noqa: F811
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    bill = selectors.bill(beyond(insured, options, 20))
    assert bill.plan_room_cents == 7500


@pytest.mark.django_db
def test_a_session_wholly_outside_has_no_superbill(
    desk_user: User,
    insured: Client,  # noqa: F811
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    with pytest.raises(NoUnits):
        issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=beyond(insured, options, 60))


@pytest.mark.django_db
def test_what_is_not_told_apart_has_no_receipt(
    desk_user: User,
    insured: Client,  # noqa: F811
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    """As for a session that was recorded before its order came in."""
    visit = beyond(insured, options, 20)
    visit.minutes.update(outside=0)
    Charge.objects.all().delete()
    visit = selectors.visits().get(pk=visit.pk)
    with pytest.raises(BeyondOrder):
        issuing.issue_receipt(actor=desk_user, visit=visit)
    assert [one.lack for one in places(desk_user, visit)] == [Lack.SCOPE]
