"""Employer Identification Number: a two-digit prefix, seven more digits, no check digit.

An unknown prefix only gets a warning: the IRS adds prefixes.
"""

import re

from stdnum.us import ein

SHAPE = re.compile(r"([0-9]{2})-?([0-9]{7})", re.ASCII)


def tidy(text: str) -> str:
    """As printed, `12-3456789`; anything else stays as typed."""
    text = re.sub(r"\s", "", text)
    found = SHAPE.fullmatch(text)
    return f"{found[1]}-{found[2]}" if found else text


def is_shaped(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None


def is_known(text: str) -> bool:
    """Whether the prefix is known to be issued."""
    return bool(ein.is_valid(text))
