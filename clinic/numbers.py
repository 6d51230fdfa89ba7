"""Numbers as they come in an address or a form."""

DIGITS = 9  # cents of any bill; Python itself refuses to read thousands of digits


def number_or_none(text: str | None) -> int | None:
    """A place or an amount; none if it is not in plain digits, or in too many."""
    text = text or ""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= DIGITS else None
