"""A client sees which letters went to whom, and reads them where the clinic shows its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.selectors import location
from treatment.letters import content, selectors, services

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

WHOSE = "prescription__client"


@require_safe
def letters(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    audit.viewed(request, client, action="letters.viewed", again=view_log.PAGE)
    found = selectors.readable().filter(prescription__client=client)
    page = {
        "client": client,
        "letters": list(selectors.without_words(found)),
        "is_shown": location().notes_in_portal,
    }
    return render(request, "treatment/letters/portal_list.html", page)


@require_safe
def letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    found = access.own(request, selectors.readable(), letter_id, client_field=WHOSE)
    if not location().notes_in_portal:
        raise Http404
    client = found.prescription.client
    audit.viewed(request, found, action="letter.viewed", client=client, again=view_log.PAGE)
    page = {
        "letter": found,
        "client": client,
        "facts": services.facts_of(found),
        "said": found.said,
        "asked": content.asked(found.said),
    }
    return render(request, "treatment/letters/portal.html", page)
