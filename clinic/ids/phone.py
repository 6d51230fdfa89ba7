"""A telephone number with its extension, as people type it, read it and tap it.

E.164, which the columns hold, has no place for an extension: it stands in a column of its own,
and the two travel together as one `Phone`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

REGION, COUNTRY = "US", 1
LONGEST_EXTENSION = 7
_DIGIT = re.compile(r"\d")


@dataclass(frozen=True, slots=True)
class Phone:
    """Falsy without a number. `str()` is how we write it: (212) 555-0142 ext. 89"""

    number: str = ""  # E.164: +12125550142
    extension: str = ""  # digits

    @classmethod
    def of(cls, number: object, extension: str = "") -> Self:
        """From the two columns; `number` may be blank or None."""
        # The column's own text is written for people; `as_e164` is not.
        return cls(str(getattr(number, "as_e164", number)), extension) if number else cls()

    def __bool__(self) -> bool:
        return bool(self.number)

    def __str__(self) -> str:
        if not self.number:
            return ""
        parsed = phonenumbers.parse(self.number, REGION)
        at_home = parsed.country_code == COUNTRY
        style = PhoneNumberFormat.NATIONAL if at_home else PhoneNumberFormat.INTERNATIONAL
        text = phonenumbers.format_number(parsed, style)
        return f"{text} ext. {self.extension}" if self.extension else text

    @property
    def stored(self) -> str:
        """In one text (RFC 3966, without the scheme): +12125550142;ext=89"""
        ending = f";ext={self.extension}" if self.extension else ""
        return f"{self.number}{ending}" if self.number else ""

    @property
    def uri(self) -> str:
        """For a link: tel:+12125550142;ext=89"""
        return f"tel:{self.stored}" if self.number else ""


def read(text: str) -> Phone | None:
    """The number that was typed, with any extension; None if a part of it cannot be kept."""
    try:
        parsed = phonenumbers.parse(text, REGION)
    except NumberParseException:
        return None
    extension = parsed.extension or ""
    if not phonenumbers.is_valid_number(parsed) or len(extension) > LONGEST_EXTENSION:
        return None
    if not _keeps_all(text, f"{parsed.national_number}{extension}"):
        return None
    return Phone(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), extension)


def _keeps_all(text: str, kept: str) -> bool:
    """Whether every digit is in what was read: the library drops a second number in silence.

    Fewer digits than were read: some were spelled as letters (555-FLOW).
    """
    typed = "".join(str(int(digit)) for digit in _DIGIT.findall(text))
    return typed.endswith(kept) or len(typed) < len(kept)
