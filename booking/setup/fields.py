"""Fields in the units people think in; we store minutes and cents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.ids import npi

MOST_DOLLARS, MOST_HOURS = 10_000, 24 * 60
CLOCK = ["%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M%p", "%I %p", "%I%p"]


class ClockField(forms.TimeField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
        messages = {"invalid": _("Enter a time, such as 9:00 am.")}
        super().__init__(input_formats=CLOCK, widget=widget, error_messages=messages, **kwargs)


class DollarsField(forms.DecimalField):
    """Dollars in, cents out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MOST_DOLLARS, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return f"{value // 100}.{value % 100:02d}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        return super().to_python(value.strip().lstrip("$") if isinstance(value, str) else value)

    def clean(self, value: Any) -> int | None:
        dollars = super().clean(value)
        return None if dollars is None else int(dollars * 100)


class HoursField(forms.DecimalField):
    """Hours in, including halves and quarters; minutes out."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MOST_HOURS, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, int):
            return value
        return f"{Decimal(value) / 60:.2f}".rstrip("0").rstrip(".")

    def clean(self, value: Any) -> int | None:
        hours = super().clean(value)
        return None if hours is None else round(hours * 60)


class NpiField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=20, required=False, **kwargs)

    def clean(self, value: Any) -> str:
        number = npi.tidy(super().clean(value))
        if number and not npi.is_valid(number):
            text = _("That is not an NPI: it has ten digits, and the last is a check digit.")
            raise forms.ValidationError(text, code="npi")
        return number
