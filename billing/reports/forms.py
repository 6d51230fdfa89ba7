from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.reports import spans
from billing.reports.spans import Span
from clinic.web.fields import DayField

if TYPE_CHECKING:
    from datetime import date


class RangeForm(forms.Form):
    """The days of a report. None chosen: this month."""

    begins_on = DayField(label=_("From"))
    ends_on = DayField(label=_("Through"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        for field in self.fields.values():
            field.widget.attrs["class"] = "form-control"
        month = spans.month_of(today)
        self.fields["begins_on"].initial = month.first
        self.fields["ends_on"].initial = month.last

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begin, end = data.get("begins_on"), data.get("ends_on")
        if begin and begin > self.today:
            self.add_error("begins_on", _("Choose a first day that is not in the future."))
        elif begin and end and begin > end:
            self.add_error("ends_on", _("Choose a last day that is not before the first."))
        elif begin and end and Span(begin, end).days > spans.LONGEST:
            self.add_error("begins_on", _("Choose a year or less."))
        return data

    @property
    def span(self) -> Span | None:
        """The days that were asked for; None if they cannot be."""
        if not self.is_bound:
            return spans.month_of(self.today)
        if not self.is_valid():
            return None
        return Span(self.cleaned_data["begins_on"], self.cleaned_data["ends_on"])
