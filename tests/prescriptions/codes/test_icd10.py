from datetime import date

import pytest

from prescriptions.codes import icd10
from prescriptions.codes.icd10 import Known, Refusal, Table

IN_FORCE = date(2026, 10, 1)
TODAY = date(2026, 11, 24)
# code -> billable, as a release fills the table
CODES = {
    "M54": False,
    "M54.2": True,
    "M54.5": False,
    "M54.50": True,
    "S13.4": False,
    "S13.4XXA": True,
    "G35": False,
    "G35.D": True,
    "R51": False,
    "M79.1": False,
    "M51.36": False,
    "U07.1": True,
    "QA0.0101": True,
}
TABLE = Table({code: Known(billable) for code, billable in CODES.items()}, IN_FORCE)


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (" m5450", "M54.50"),
        ("m54.2 ", "M54.2"),
        ("S13.4XXA", "S13.4XXA"),
        ("s134xxa", "S13.4XXA"),
        ("G35.D", "G35.D"),
        ("u07.1", "U07.1"),
        ("QA00101", "QA0.0101"),
    ],
)
def test_a_billable_code_is_accepted_however_it_is_typed(typed: str, code: str) -> None:
    verdict = icd10.check(icd10.tidy(typed), TABLE, TODAY)
    assert (verdict.code, verdict.accepted) == (code, True)
    assert verdict.message == ""


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [
        ("M54.5", Refusal.HEADER),
        ("G35", Refusal.HEADER),
        ("R51", Refusal.HEADER),
        ("M79.1", Refusal.HEADER),
        ("M51.36", Refusal.HEADER),
        ("S13.4A", Refusal.SEVENTH),
        ("S13.4", Refusal.SEVENTH),
        ("S13.4XX", Refusal.SEVENTH),
        ("S13.4XXQ", Refusal.UNKNOWN),
        ("m545", Refusal.HEADER),
        ("M54", Refusal.HEADER),
        ("M54.500", Refusal.UNKNOWN),
        ("M54.50.1", Refusal.SHAPE),
        ("M54.", Refusal.SHAPE),
        ("", Refusal.SHAPE),
        ("M99.99", Refusal.UNKNOWN),
        ("12", Refusal.SHAPE),
        ("M50-M54", Refusal.SHAPE),
        ("neck", Refusal.UNKNOWN),
        ("<b>", Refusal.SHAPE),
        ("É54.2", Refusal.SHAPE),
    ],
)
def test_a_refusal_says_why(typed: str, refusal: Refusal) -> None:
    verdict = icd10.check(icd10.tidy(typed), TABLE, TODAY)
    assert verdict.refusal is refusal
    assert verdict.code in verdict.message


def test_a_field_of_codes_is_split_and_each_is_kept_once() -> None:
    assert icd10.split(" m54.2, M5450;m54.2  g35.d ") == ["M54.2", "M54.50", "G35.D"]


def test_codes_that_agree_up_to_the_dots_digit_are_one_condition() -> None:
    assert icd10.condition("M54.50") == icd10.condition("M54.59") == "M54.5"
    assert icd10.condition("S13.4XXA") == icd10.condition("S13.4XXD") == "S13.4"
    assert icd10.condition("M54.2") != icd10.condition("M54.50")
    assert icd10.condition("I10") == "I10"


@pytest.mark.parametrize(
    ("codes", "pairs"),
    [
        (["M54.50", "M54.41"], [("M54.50", "M54.41")]),
        (["M54.59", "S39.012A"], [("M54.59", "S39.012A")]),
        (["M54.41", "M54.50"], [("M54.50", "M54.41")]),
        (["M54.2", "M54.51", "M54.42", "S39.012D"], [("M54.51", "M54.42"), ("M54.51", "S39.012D")]),
        (["M79.7", "M79.18"], [("M79.18", "M79.7")]),
        (["M79.7", "M79.601"], []),  # limb pain is another category
        (["M54.41", "S39.012A"], []),
        (["M54.2", "M79.18"], []),
    ],
)
def test_codes_that_exclude_each_other_are_named(
    codes: list[str], pairs: list[tuple[str, str]]
) -> None:
    assert icd10.clashes(codes) == pairs


DATED = Table(
    {
        "M51.26": Known(billable=False, last=date(2026, 9, 30)),
        "M51.260": Known(billable=True, first=IN_FORCE),
        "M54.2": Known(billable=True),
    },
    IN_FORCE,
)


@pytest.mark.parametrize(
    ("code", "on", "refusal"),
    [
        ("M51.26", date(2026, 9, 30), None),
        ("M51.26", IN_FORCE, Refusal.OVER),
        ("M51.260", date(2026, 9, 30), Refusal.NOT_YET),
        ("M51.260", IN_FORCE, None),
        ("M54.2", date(2001, 1, 1), None),
        ("M54.2", date(2099, 1, 1), None),
    ],
)
def test_a_code_counts_on_its_days(code: str, on: date, refusal: Refusal | None) -> None:
    verdict = icd10.check(code, DATED, on)
    assert verdict.refusal is refusal
    assert verdict.accepted is (refusal is None)


def test_the_sentence_names_the_days() -> None:
    over = icd10.check("M51.26", DATED, TODAY).message
    assert over.startswith("M51.26 was valid through Sep 30, 2026, and this is dated Nov 24, 2026.")
    early = icd10.check("M51.260", DATED, date(2026, 9, 1)).message
    assert "valid from Oct 1, 2026 on, and this is dated Sep 1, 2026" in early


@pytest.mark.parametrize(
    ("on", "newer"),
    [(date(2027, 3, 31), False), (date(2027, 4, 1), True), (date(2027, 10, 1), True)],
)
def test_a_code_we_lack_is_asked_about_once_the_next_release_is_in_force(
    on: date, newer: bool
) -> None:
    verdict = icd10.check("M54.21", DATED, on)
    assert verdict.is_newer is newer
    assert verdict.refusal is (None if newer else Refusal.UNKNOWN)
    assert not verdict.accepted
    assert "M54.21" in verdict.message


@pytest.mark.parametrize("code", ["M54.5.1", "neck pain", "NEC.K", "S13.4A", "M51"])
def test_what_no_release_could_have_is_refused_however_old_ours_is(code: str) -> None:
    table = Table({"M51": Known(billable=False)}, date(2020, 10, 1))
    verdict = icd10.check(code, table, TODAY)
    assert verdict.refusal is not None
    assert not verdict.is_newer


def test_without_a_release_nothing_is_newer() -> None:
    assert icd10.check("M54.21", Table(), TODAY).refusal is Refusal.UNKNOWN


@pytest.mark.parametrize(
    ("day", "following"),
    [
        (date(2026, 4, 1), date(2026, 10, 1)),
        (date(2026, 9, 30), date(2026, 10, 1)),
        (date(2026, 10, 1), date(2027, 4, 1)),
        (date(2027, 1, 1), date(2027, 4, 1)),
    ],
)
def test_releases_come_on_april_and_october_first(day: date, following: date) -> None:
    assert icd10.next_release(day) == following


def test_codes_that_end_before_an_order_does_are_named() -> None:
    through = date(2026, 12, 1)
    assert icd10.ending(["M51.26", "M54.2", "X99"], DATED, through) == [
        ("M51.26", date(2026, 9, 30))
    ]
    assert icd10.ending(["M51.26"], DATED, date(2026, 9, 30)) == []


def test_what_is_sent_to_the_prescriber_says_code_and_days_and_what_to_do() -> None:
    on = date(2026, 10, 5)
    said = icd10.for_prescriber(
        icd10.check("M51.26", DATED, on), written_on=date(2026, 9, 20), service_on=on
    )
    assert said == (
        "The code M51.26 on your order of Sep 20, 2026 was valid in ICD-10-CM through"
        " Sep 30, 2026, and the visit was on Oct 5, 2026. Please send us a signed and dated order"
        " with the code that applies to that visit."
    )
