import pytest

from prescriptions.codes import icd10
from prescriptions.codes.icd10 import Refusal

# code -> billable, as `load_icd10` fills the table
TABLE = {
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
    verdict = icd10.check(icd10.tidy(typed), TABLE)
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
    verdict = icd10.check(icd10.tidy(typed), TABLE)
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
