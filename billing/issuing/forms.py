from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.web.fields import DayField
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client

LONGEST = 366 * 3  # days; a plan year is one
YEAR = re.compile(r"2\d{3}", re.ASCII)


def years_of(client: Client) -> list[int]:
    """The years in which the client had a session, newest first; always this one."""
    finished = Visit.objects.filter(status=Visit.Status.FINISHED, appointment__client=client)
    found = finished.datetimes("appointment__starts_at", "year")
    return sorted({timezone.localdate().year, *(day.year for day in found)}, reverse=True)


class SpanForm(forms.Form):
    """The days of a statement or packet: this year so far, until others are chosen."""

    begins_on = DayField(label=_("From"))
    ends_on = DayField(label=_("Through"))

    def __init__(self, *args: Any, year: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        chosen = int(year) if YEAR.fullmatch(year) else today.year
        self.fields["begins_on"].initial = date(chosen, 1, 1)
        self.fields["ends_on"].initial = min(date(chosen, 12, 31), today)

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
