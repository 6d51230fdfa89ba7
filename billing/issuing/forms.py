from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.web.fields import DayField

LONGEST = 366 * 3  # days; a plan year is one


class SpanForm(forms.Form):
    """The days of a statement: this year so far, until others are chosen."""

    begins_on = DayField(label=_("From"))
    ends_on = DayField(label=_("Through"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["begins_on"].initial = today.replace(month=1, day=1)
        self.fields["ends_on"].initial = today

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        begin, end = data.get("begins_on"), data.get("ends_on")
        if end and end > timezone.localdate():
            self.add_error("ends_on", _("Choose a last day that is not in the future."))
        elif begin and end and begin > end:
            self.add_error("ends_on", _("Choose a last day that is not before the first."))
        elif begin and end and (end - begin).days > LONGEST:
            self.add_error("begins_on", _("Choose three years or less."))
        return data
