"""The worked examples of minutes, units and money, from the visit to the printed superbill.

The functions themselves: tests/billing/test_units.py, test_pricing.py.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from billing.coupons import services as coupons
from billing.errors import NoUnits
from billing.extras import services as extras
from billing.issuing import services as issuing
from billing.models import Coupon, Kind, Procedure
from clinic.format import money
from clinic.models import Payer, ServiceOption, Technique, Therapist
from tests.billing.test_pdf import words
from tests.treatment.factories import finished_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client, User

NONE = "\N{EN DASH}"
LINE = re.compile(rf"Work \d(?: \d{{5}} {NONE} [A-L])? \d+ ([\d{NONE}]+(?: \$[\d.,]+){{3}})")
CODES = ["97112", "97140", "97124", "97110"]
CMS, AMA = Payer.UnitRule.CMS, Payer.UnitRule.AMA


Options = dict[tuple[str, int], ServiceOption]


@pytest.fixture
def insured(client_record: Client, options: Options, techniques: list[Technique]) -> Client:
    """A client whose insurer pays out of network."""
    payer = Payer.objects.create(name="Hudson Health PPO", kind=Payer.Kind.OUT_OF_NETWORK)
    client_record.payer, client_record.address = payer, "27 Orchard Lane\nBeacon, NY 12508"
    client_record.save()
    return client_record


def finished(client: Client, minutes: list[int], booked: int = 60) -> Visit:
    """A medical visit with so many minutes of each technique; each has a code of its own."""
    option = ServiceOption.objects.get(service__kind="medical", minutes=booked)
    techniques = list(Technique.objects.order_by("position"))
    given = {one.name: count for one, count in zip(techniques, minutes, strict=False)}
    visit = finished_visit(client, given, elapsed=max(sum(minutes), booked - 2), option=option)
    Procedure.objects.all().delete()
    for place, (code, technique) in enumerate(zip(CODES, techniques, strict=True)):
        made = Procedure.objects.create(code=code, label=f"Work {place}", position=place)
        made.techniques.set([technique])
    Therapist.objects.update(npi="1234567893")
    return Visit.objects.get(pk=visit.pk)


def lines(text: str) -> list[str]:
    """What stands on each line after its service and minutes: units, list, discount, net."""
    found = LINE.findall(text)
    return [one.replace("$", "") for one in found]


@pytest.mark.parametrize(
    ("minutes", "booked", "rule", "wanted"),
    [
        ([22], 30, CMS, ["1 55.00 0.00 55.00"]),
        ([23], 30, CMS, ["2 55.00 0.00 55.00"]),
        ([52], 60, CMS, ["3 100.00 0.00 100.00"]),
        ([53], 60, CMS, ["4 100.00 0.00 100.00"]),
        ([120], 90, CMS, ["8 150.00 0.00 150.00"]),
        ([40, 20], 60, CMS, ["3 75.00 0.00 75.00", "1 25.00 0.00 25.00"]),
        ([68, 22], 90, CMS, ["5 125.00 0.00 125.00", "1 25.00 0.00 25.00"]),
        ([35, 15], 60, CMS, ["2 66.67 0.00 66.67", "1 33.33 0.00 33.33"]),
        ([24, 23], 60, CMS, ["2 66.67 0.00 66.67", "1 33.33 0.00 33.33"]),
        ([24, 23], 60, AMA, ["2 50.00 0.00 50.00", "2 50.00 0.00 50.00"]),
        ([20, 20], 60, CMS, ["2 66.67 0.00 66.67", "1 33.33 0.00 33.33"]),
        ([20, 20], 60, AMA, ["1 50.00 0.00 50.00", "1 50.00 0.00 50.00"]),
        ([33, 7], 60, CMS, ["2 66.67 0.00 66.67", "1 33.33 0.00 33.33"]),
        ([33, 7], 60, AMA, ["2 100.00 0.00 100.00"]),
        (
            [15, 15, 15],
            60,
            CMS,
            ["1 33.34 0.00 33.34", "1 33.33 0.00 33.33", "1 33.33 0.00 33.33"],
        ),
        (
            [18, 13, 10, 8],
            60,
            CMS,
            ["1 33.34 0.00 33.34", "1 33.33 0.00 33.33", "1 33.33 0.00 33.33"],
        ),
        ([18, 13, 10, 8], 60, AMA, ["1 25.00 0.00 25.00"] * 4),
        ([7, 7, 7], 60, CMS, ["1 100.00 0.00 100.00"]),
        ([37, 16], 60, CMS, ["3 75.00 0.00 75.00", "1 25.00 0.00 25.00"]),
        ([37, 16], 60, AMA, ["2 66.67 0.00 66.67", "1 33.33 0.00 33.33"]),
    ],
)
def test_a_superbill_prints_the_units_of_the_payers_rule(
    minutes: list[int],
    booked: int,
    rule: str,
    wanted: list[str],
    desk_user: User,
    insured: Client,
) -> None:
    Payer.objects.update(unit_rule=rule)
    made = issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=finished(insured, minutes, booked))
    text = words(made)
    assert lines(text) == wanted
    assert f"Total List price {money(made.list_cents)}" in text
    assert made.list_cents == sum(round(float(one.split()[1]) * 100) for one in wanted)


@pytest.mark.parametrize(("minutes", "rule"), [([7], CMS), ([7, 7, 7], AMA)])
def test_too_little_for_a_unit_has_a_receipt_but_no_superbill(
    minutes: list[int], rule: str, desk_user: User, insured: Client
) -> None:
    Payer.objects.update(unit_rule=rule)
    visit = finished(insured, minutes)
    with pytest.raises(NoUnits):
        issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=visit)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert {one.split()[0] for one in lines(words(receipt))} == {NONE}
    assert receipt.net_cents == 10000


def test_a_coupon_is_taken_off_each_line_by_its_units(
    desk_user: User, client_record: Client, options: Options, techniques: list[Technique]
) -> None:
    coupon = Coupon.objects.create(code="NEW10", label="$10 off", off_cents=1000)
    coupon.options.set(ServiceOption.objects.filter(minutes=60))
    visit = finished(client_record, [40, 20])
    coupons.give(actor=desk_user, appointment=visit.appointment, code=coupon.code)
    text = words(issuing.issue_receipt(actor=desk_user, visit=visit))
    assert lines(text) == ["3 75.00 7.50 67.50", "1 25.00 2.50 22.50"]
    assert "List price $100.00 Discount \N{MINUS SIGN}$10.00 Patient responsibility $90.00" in text


def test_a_tip_stands_outside_what_a_plan_supports(desk_user: User, insured: Client) -> None:
    visit = finished(insured, [40, 7])
    extras.add_tip(actor=desk_user, visit=visit, cents=2000, form_token=uuid4())
    text = words(issuing.issue_receipt(actor=desk_user, visit=visit))
    assert f"Tip not treatment; plans do not reimburse it {NONE} {NONE} $20.00" in text
    assert "Patient responsibility $120.00 Treatment only $100.00" in text

    superbill = issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=visit)
    assert "Tip" not in words(superbill)
    assert superbill.net_cents == 10000
    assert issuing.outdated(visit) == []
    again = issuing.issue_current(actor=desk_user, visit=visit, kind=Kind.SUPERBILL)
    assert again == superbill
