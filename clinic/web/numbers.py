"""Numbers from a URL or a form."""

DIGITS = 9  # cents of any bill; Python refuses to parse thousands of digits


def number_or_none(text: str | None) -> int | None:
    """A position or an amount; None if it is not plain digits, or too many of them."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
