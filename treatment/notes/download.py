"""A note's PDF, or a page that says it is being made and asks again by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.documents import store as documents
from treatment.notes import prints

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treatment.models import TreatmentNote, Visit


def answer(
    request: HttpRequest, visit: Visit, note: TreatmentNote, template: str, page: dict[str, Any]
) -> HttpResponse:
    """`template`: the page around `treatment/notes/_print.html`, with what it needs in `page`."""
    row, client = prints.ask(note), visit.appointment.client
    is_part = bool(getattr(request, "htmx", False))
    if row.file is not None and not is_part:
        audit.viewed(request, visit, action="note.downloaded", client=client)
        return documents.response(row.file)
    audit.viewed(request, visit, action="note.viewed", client=client, again=view_log.PAGE)
    shown = "treatment/notes/_print.html" if is_part else template
    answered = render(request, shown, {"visit": visit, "row": row} | page)
    answered["Cache-Control"] = "no-store"
    return answered
