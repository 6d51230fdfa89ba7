"""Employer Identification Number: two digits of a campus of the IRS, seven more, no check digit.

A prefix that is not known to be issued is only warned of: the IRS adds prefixes.
"""

import re

from stdnum.us import ein

SHAPE = re.compile(r"([0-9]{2})-?([0-9]{7})", re.ASCII)


def tidy(text: str) -> str:
    """As it is printed, `12-3456789`; anything else stays as it was typed."""
    text = re.sub(r"\s", "", text)
    found = SHAPE.fullmatch(text)
    return f"{found[1]}-{found[2]}" if found else text


def is_shaped(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None


def is_known(text: str) -> bool:
    """Whether the prefix is one that is known to be issued."""
    return bool(ein.is_valid(text))
