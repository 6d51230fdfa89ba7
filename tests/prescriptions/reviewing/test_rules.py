from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from prescriptions.codes.icd10 import Known, Table
from prescriptions.elements import Elements, as_reading, differences
from prescriptions.elements import problems as all_problems
from prescriptions.reviewing import rules
from prescriptions.reviewing.rules import OK, OPEN, WARN, ReviewContext

TODAY = date(2026, 11, 22)
TABLE = Table(
    {
        "M54.2": Known(billable=True),
        "M54.5": Known(billable=False),
        "M54.50": Known(billable=True),
        "M54.41": Known(billable=True),
        "M51.26": Known(billable=False, last=date(2026, 9, 30)),
        "M51.260": Known(billable=True, first=date(2026, 10, 1)),
    },
    in_force_on=date(2026, 10, 1),
)


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
        "regions": ("back-neck-middle",),
        **fields,
    }
    return Elements(**values)


def problems(**fields: Any) -> dict[str, list[str]]:
    return all_problems(elements(**fields), table=TABLE, today=TODAY)


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
    assert all_problems(doubtful, table=TABLE, today=TODAY) == {}
    doubts = rules.doubts(doubtful, ReviewContext(today=TODAY))
    assert list(doubts) == ["codes", "through_on", "issued_on"]


def test_an_order_is_not_over_on_its_last_day() -> None:
    for last, said in ((TODAY, set()), (TODAY - timedelta(days=1), {"through_on"})):
        assert set(rules.doubts(elements(through_on=last), ReviewContext(today=TODAY))) == said


@pytest.mark.parametrize(
    ("fields", "around", "doubtful"),
    [
        ({}, {}, []),
        ({"regions": ()}, {}, ["regions"]),
        ({}, {"payer": "self_pay"}, []),
        ({}, {"payer": "out_of_network"}, []),
        ({}, {"others": [(frozenset({"M54.2"}), date(2026, 11, 18))]}, ["duplicate"]),
        ({}, {"others": [(frozenset({"M54.2"}), date(2026, 5, 18))]}, []),
        ({}, {"others": [(frozenset({"M54.50"}), date(2026, 11, 18))]}, []),
        ({"codes": ()}, {"others": [(frozenset(), date(2026, 11, 18))]}, []),
    ],
)
def test_what_is_doubtful_is_said_and_stops_nothing(
    fields: dict[str, Any], around: dict[str, Any], doubtful: list[str]
) -> None:
    read = elements(**fields)
    assert list(rules.doubts(read, ReviewContext(today=TODAY, **around))) == doubtful


@pytest.mark.parametrize("payer", ["va", "auto_no_fault", "workers_comp"])
def test_where_a_claim_is_billed_the_payer_has_authorised_it_first(payer: str) -> None:
    assert ReviewContext(today=TODAY, payer=payer).is_claim
    wrong = all_problems(elements(), table=TABLE, today=TODAY, is_claim=True)
    assert list(wrong) == ["is_authorized"]
    seen = elements(is_authorized=True)
    assert all_problems(seen, table=TABLE, today=TODAY, is_claim=True) == {}


def tones(read: Elements, **around: Any) -> dict[str, str]:
    known = ReviewContext(today=TODAY, **around)
    wrong = all_problems(read, table=TABLE, today=TODAY, is_claim=known.is_claim)
    lines = rules.checklist(read, known, wrong)
    return {line.label: line.tone for line in lines}


# The reviewer's checklist (docs/prescriptions.md), and what makes each line fail.
LIST: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("Every page can be read", {"is_legible": False}, {}, OPEN),
    ("Name and date of birth match", {"is_this_person": False}, {}, OPEN),
    ("Reason for medical necessity", {"reason": ""}, {}, OPEN),
    ("Number, frequency, duration", {"visits": None}, {}, OPEN),
    ("Number, frequency, duration", {"order_text": ""}, {}, OPEN),
    ("Number, frequency, duration", {"through_on": date(2026, 11, 20)}, {}, WARN),
    ("Massage or manual therapy", {"modality": "acupuncture"}, {}, OPEN),
    ("Complete diagnosis codes", {"codes": ("M54.5",)}, {}, OPEN),
    ("Complete diagnosis codes", {"codes": ("M54.50", "M54.41")}, {}, WARN),
    ("Written on a plausible date", {"issued_on": date(2026, 11, 23)}, {}, OPEN),
    ("Signed and dated", {"is_signed": False}, {}, OPEN),
    ("Prescriber we can accept", {"prescriber_credential": "LMT"}, {}, OPEN),
    ("Valid NPI", {"prescriber_npi": "1234567890"}, {}, OPEN),
    ("Treatment area", {"regions": ()}, {}, WARN),
    (
        "Not sent before",
        {},
        {"others": [(frozenset({"M54.2"}), date(2026, 11, 18))]},
        WARN,
    ),
    ("Authorized by the payer", {}, {"payer": "va"}, OPEN),
]


@pytest.mark.parametrize(("line", "fields", "around", "tone"), LIST)
def test_each_line_of_the_checklist_shows_what_stands_against_it(
    line: str, fields: dict[str, Any], around: dict[str, Any], tone: str
) -> None:
    assert tones(elements(**fields), **around)[line] == tone


def test_a_complete_order_is_in_order_on_every_line() -> None:
    claim = tones(elements(is_authorized=True), payer="va")
    assert set(claim.values()) == {OK}
    assert set(claim) == {line for line, *_ in LIST}
    assert "Authorized by the payer" not in tones(elements())


def test_two_readings_differ_where_a_field_does_and_nowhere_else() -> None:
    first = as_reading(elements())
    assert differences(first, elements()) == []
    other = elements(visits=10, through_on=date(2026, 12, 1), codes=("M54.2", "M54.41"))
    assert differences(first, other) == ["visits", "codes", "through_on"]


def test_a_claim_on_a_review_lapses() -> None:
    now = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert rules.is_claimed(now - timedelta(minutes=14, seconds=59), now)
    assert not rules.is_claimed(now - timedelta(minutes=15), now)
    assert not rules.is_claimed(None, now)
