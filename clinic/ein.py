"""Employer Identification Number: nine digits, printed NN-NNNNNNN.

Which prefixes the IRS has given out changes, so an unknown one is a warning and stops nobody.
"""

from __future__ import annotations

import re

from stdnum.us import ein

SHAPE = re.compile(r"\d{2}-?\d{7}", re.ASCII)


def tidy(text: str) -> str:
    """As it is printed, when it has nine digits; else as it was typed."""
    digits = re.sub(r"[\s-]", "", text)
    return f"{digits[:2]}-{digits[2:]}" if SHAPE.fullmatch(digits) else text.strip()


def is_usual(text: str) -> bool:
    """Nine digits with a prefix that is in use."""
    return bool(SHAPE.fullmatch(text)) and ein.is_valid(text)
