import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from clinic.ids import npi


@pytest.mark.parametrize("number", ["1234567893", "1000000004", "1987654328"])
def test_a_number_with_the_right_check_digit_is_valid(number: str) -> None:
    assert npi.is_valid(number)


@pytest.mark.parametrize(
    "number",
    [
        "1234567890",  # check digit
        "1234567983",  # two digits swapped
        "3000000000",  # prefix
        "",
        "123456789",
        "12345678931",
        " 1234567893",
        "1234567893\n",
        "１２３４５６７８９３",  # digits, but not ASCII ones  # noqa: RUF001
    ],
)
def test_anything_else_is_not(number: str) -> None:
    assert not npi.is_valid(number)


@given(st.from_regex(r"[12][0-9]{9}", fullmatch=True))
def test_the_check_is_luhn_after_80840(number: str) -> None:
    assert npi.is_valid(number) == luhn.is_valid("80840" + number)


@given(st.from_regex(r"[12][0-9]{8}", fullmatch=True))
def test_exactly_one_last_digit_fits(nine: str) -> None:
    fitting = [d for d in "0123456789" if npi.is_valid(nine + d)]
    assert fitting == [str(npi.check_digit(nine))]


def test_spaces_and_dashes_are_dropped() -> None:
    assert npi.tidy(" 123-456 7893 ") == "1234567893"
