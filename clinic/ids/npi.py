"""National Provider Identifier: ten digits, the last one a check digit (45 CFR 162.406).

The check is Luhn over the number with "80840" (US health, card issuer) before it; that prefix
always adds 24. The number does not show whether it names a person or an organization.
"""

import re

SHAPE = re.compile(r"[12][0-9]{9}", re.ASCII)
PREFIX_SUM = 24  # what "80840" contributes


def tidy(text: str) -> str:
    """The number without the spaces and dashes people type."""
    return re.sub(r"[\s-]", "", text)


def check_digit(first_nine: str) -> int:
    doubled = (int(digit) * 2 for digit in first_nine[::-2])
    total = PREFIX_SUM + sum(n // 10 + n % 10 for n in doubled)
    total += sum(int(digit) for digit in first_nine[-2::-2])
    return -total % 10


def is_valid(text: str) -> bool:
    return bool(SHAPE.fullmatch(text)) and check_digit(text[:9]) == int(text[9])
