"""A client reads what was signed about a visit, where the clinic shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from prescriptions import areas
from treatment.notes import download, services
from treatment.notes import selectors as notes
from treatment.regions import bodymap

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from treatment.models import TreatmentNote

WHOSE = "visit__appointment__client"


@require_safe
def note(request: HttpRequest, note_id: UUID) -> HttpResponse:
    found = _own(request, note_id)
    visit = found.visit
    client = visit.appointment.client
    audit.viewed(request, visit, action="note.viewed", client=client, again=view_log.PAGE)
    lines = notes.lines(services.fields_of(visit), found.said)
    treated = [place.label for place in areas.known(visit.regions)]
    drawn = bodymap.shown(found.said.get("hurts", "").split())
    page = {"map": drawn, "visit": visit, "note": found, "lines": lines, "treated": treated}
    page["sides"] = bodymap.outlines()
    return render(request, "treatment/notes/portal.html", page)


@require_safe
def pdf(request: HttpRequest, note_id: UUID) -> HttpResponse:
    """The same on paper."""
    found = _own(request, note_id)
    page = {"back_url": reverse("treatment:portal-note", args=[found.pk])}
    return download.answer(request, found.visit, found, "treatment/notes/print_portal.html", page)


def _own(request: HttpRequest, note_id: UUID) -> TreatmentNote:
    return access.own(request, notes.readable(), note_id, client_field=WHOSE)
