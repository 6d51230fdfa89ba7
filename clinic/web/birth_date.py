"""A date of birth as people type it: with the digits of a phone's keypad alone, too."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

OLDEST = 120  # years
MONTHS = 12
# What may be wrong with it: codes of the field's messages.
INVALID, SHORT_YEAR, ORDER, NO_SUCH_DAY = "invalid", "short_year", "order", "no_such_day"
_BETWEEN = re.compile(r"[\s./,\\\-\u2010-\u2015\u2212]+")
_FULL = 8  # digits
_BREAKS = {2, 4}  # after which digits of MMDDYYYY a separator may stand
_CENTURIES = {"19", "20"}  # no month


class Unreadable(ValueError):
    """Its text is one of the codes above."""


def read(text: str) -> date:
    """Month, day, year, however they are separated, or not; also ISO 8601, as it is pasted.

    Raises:
        Unreadable: it could mean another day, or none.
    """
    parts = [part for part in _BETWEEN.split(text.strip()) if part]
    if not all(part.isdecimal() for part in parts):
        raise Unreadable(INVALID)
    year, month, day = map(int, _ordered(parts))
    if month > MONTHS:
        raise Unreadable(ORDER)
    try:
        return date(year, month, day)
    except ValueError:
        raise Unreadable(NO_SUCH_DAY) from None


def _ordered(parts: list[str]) -> tuple[str, str, str]:
    """Year, month, day."""
    digits, lengths = "".join(parts), [len(part) for part in parts]
    match lengths:
        case [4, 1 | 2, 1 | 2]:
            return parts[0], parts[1], parts[2]
        case [1 | 2, 1 | 2, 4]:
            return parts[2], parts[0], parts[1]
        case [1 | 2, 1 | 2, 1 | 2 | 3]:
            raise Unreadable(SHORT_YEAR)
        case [8] if digits[:2] in _CENTURIES:
            return digits[:4], digits[4:6], digits[6:]
    breaks = {sum(lengths[:index]) for index in range(1, len(lengths))}
    if len(digits) == _FULL and breaks <= _BREAKS:
        return digits[4:], digits[:2], digits[2:4]
    raise Unreadable(SHORT_YEAR if lengths == [_FULL - 2] else INVALID)


class BirthDateInput(forms.DateInput):
    """A keypad of digits on a phone; static/js/birth-date.js sets the slashes while one types."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        shown = {"inputmode": "numeric", "data-birth-date": "", **(attrs or {})}
        super().__init__(attrs=shown, format="%m/%d/%Y")


class BirthDateField(forms.DateField):
    """Month, day, year, the US way; also what a date picker sends."""

    default_error_messages = {
        INVALID: _("Enter the date as month/day/year, such as 04/12/1981."),
        SHORT_YEAR: _("Enter all four digits of the year, such as 04/12/1981."),
        ORDER: _("Enter the month first, then the day and the year, such as 04/12/1981."),
        NO_SUCH_DAY: _("That month has no such day. Enter month/day/year, such as 04/12/1981."),
        "future": _("That date is in the future. Check the year of birth."),
        "ancient": _("That is more than %(years)s years ago. Check the year of birth."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", _("MM/DD/YYYY"))
        kwargs.setdefault("widget", BirthDateInput)
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if not isinstance(value, str):
            return super().to_python(value)
        if not value.strip():
            return None
        try:
            return read(value)
        except Unreadable as problem:
            code = str(problem)
            raise forms.ValidationError(self.error_messages[code], code=code) from None

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value is None:
            return
        today = timezone.localdate()
        this_day = (value.month, value.day)
        if value > today:
            raise forms.ValidationError(self.error_messages["future"], code="future")
        if (value.year + OLDEST, *this_day) < (today.year, today.month, today.day):
            message, params = self.error_messages["ancient"], {"years": OLDEST}
            raise forms.ValidationError(message, code="ancient", params=params)
