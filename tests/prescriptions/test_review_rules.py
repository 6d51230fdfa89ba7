from datetime import date
from typing import Any

import pytest

from prescriptions import review
from prescriptions.review import Elements

TODAY = date(2026, 11, 22)
BILLABLE = {"M54.2": True, "M54.5": False, "M54.50": True, "M54.41": True}


def elements(**fields: Any) -> Elements:
    values: dict[str, Any] = {
        "reason": "Neck pain",
        "order_text": "2 sessions per week for 6 weeks",
        "visits": 12,
        "modality": "massage",
        "codes": ("M54.2",),
        "issued_on": date(2026, 11, 18),
        "starts_on": date(2026, 11, 18),
        "through_on": date(2026, 12, 29),
        "prescriber_name": "Kofi Osei",
        "prescriber_credential": "MD",
        "prescriber_npi": "1234567893",
        "is_legible": True,
        "is_this_person": True,
        "is_signed": True,
        **fields,
    }
    return Elements(**values)


def problems(**fields: Any) -> dict[str, list[str]]:
    return review.problems(elements(**fields), billable=BILLABLE, today=TODAY)


def test_nothing_stands_against_a_complete_order() -> None:
    assert problems() == {}


@pytest.mark.parametrize(
    ("field", "empty"),
    [
        ("reason", ""),
        ("order_text", ""),
        ("modality", ""),
        ("codes", ()),
        ("visits", None),
        ("issued_on", None),
        ("starts_on", None),
        ("through_on", None),
        ("prescriber_name", ""),
        ("prescriber_credential", ""),
        ("prescriber_npi", ""),
        ("is_legible", False),
        ("is_this_person", False),
        ("is_signed", False),
    ],
)
def test_each_missing_thing_is_named_at_its_field(field: str, empty: object) -> None:
    assert list(problems(**{field: empty})) == [field]


@pytest.mark.parametrize(
    ("fields", "at"),
    [
        ({"codes": ("M54.5",)}, "codes"),
        ({"codes": ("M54.2", "Z99.99")}, "codes"),
        ({"prescriber_npi": "1234567890"}, "prescriber_npi"),
        ({"prescriber_npi": "3000000000"}, "prescriber_npi"),
        ({"prescriber_credential": "LMT"}, "prescriber_credential"),
        ({"modality": "acupuncture"}, "modality"),
        ({"visits": 0}, "visits"),
        ({"visits": 366}, "visits"),
        ({"issued_on": date(2026, 11, 23), "starts_on": date(2026, 11, 23)}, "issued_on"),
        ({"starts_on": date(2026, 11, 17)}, "starts_on"),
        ({"through_on": date(2026, 11, 17)}, "through_on"),
        ({"through_on": date(2027, 11, 18)}, "through_on"),
    ],
)
def test_each_wrong_thing_is_named_at_its_field(fields: dict[str, Any], at: str) -> None:
    assert list(problems(**fields)) == [at]


def test_twelve_months_is_the_longest_an_order_is_valid() -> None:
    assert problems(through_on=date(2027, 11, 17)) == {}


def test_codes_that_exclude_each_other_and_old_orders_only_warn() -> None:
    doubtful = elements(
        codes=("M54.50", "M54.41"),
        issued_on=date(2025, 1, 2),
        starts_on=date(2025, 1, 2),
        through_on=date(2025, 3, 1),
    )
    assert review.problems(doubtful, billable=BILLABLE, today=TODAY) == {}
    assert len(review.warnings(doubtful, today=TODAY)) == 3
