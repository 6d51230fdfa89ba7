from __future__ import annotations

from django.http import HttpResponse


def calendar_file(entry: str) -> HttpResponse:
    """An iCalendar object as a download."""
    response = HttpResponse(entry, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="appointment.ics"'
    response["Cache-Control"] = "no-store"
    return response
