"""Small answers while a reviewer types; by POST, so that nothing typed lands in a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, npi
from clinic.dates import day_or_none
from clinic.selectors import location_or_none
from prescriptions import code_search, icd10, selectors, services, sig, wording
from prescriptions.forms import ReviewForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@access.desk
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """= 12 visits, Nov 18 to Dec 29, 2026"""
    text = request.POST.get("order_text", "").strip()[:200]
    start = day_or_none(request.POST.get("starts_on"))
    start = start or day_or_none(request.POST.get("issued_on"))
    read = sig.read(text, start) if text and start else None
    ask = wording.ASKS[read.ask] if isinstance(read, sig.NeedsInformation) else ""
    proposal = read if isinstance(read, sig.Proposal) else None
    context = {"text": text, "start": start, "proposal": proposal, "ask": ask}
    return render(request, "prescriptions/_order_hint.html", context)


@access.desk
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """Each code typed, with its words or why it is refused."""
    typed = icd10.split(request.POST.get("codes", "")[:200])
    context = {"judged": selectors.judge(typed), "clashes": icd10.clashes(typed)}
    return render(request, "prescriptions/_codes_hint.html", context)


@access.desk
@require_POST
def checklist(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The whole list, as the form stands."""
    prescription = access.own(request, selectors.detailed(), prescription_id)
    read = ReviewForm(request.POST).as_it_stands()
    judged = selectors.judged(prescription, read, selectors.clinic_today())
    context = {"judged": judged, "prescription": prescription}
    return render(request, "prescriptions/_checklist.html", context)


@access.desk
@require_POST
def npi_number(request: HttpRequest) -> HttpResponse:
    number = npi.tidy(request.POST.get("prescriber_npi", "")[:20])
    context = {"number": number, "valid": npi.is_valid(number)}
    return render(request, "prescriptions/_npi_hint.html", context)


@access.desk
@require_POST
def preview(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The e-mail as it will go out, and what the client reads after signing in."""
    prescription = access.own(request, selectors.detailed(), prescription_id)
    reason, note = request.POST.get("refusal", ""), request.POST.get("note", "")[:500]
    body = render_to_string(
        "messages/prescription_needs_information.txt",
        {"clinic": location_or_none(), **services.message_context(prescription)},
    )
    context = {"body": body.strip(), "advice": wording.ADVICE.get(reason, ""), "note": note}
    return render(request, "prescriptions/_message_preview.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def diagnoses(request: HttpRequest) -> HttpResponse:
    """Find a code by its start or by words; the whole page opens beside the form without htmx."""
    words = request.POST.get("q", "").replace("\0", " ").strip()[:60]  # PostgreSQL takes no NUL
    found = code_search.find_codes(words)
    context = {"words": words, "found": found, "refusal": code_search.refusal(words, found)}
    if "HX-Request" in request.headers:  # for each key: without what only whole pages need
        return HttpResponse(render_to_string("prescriptions/_codes_found.html", context))
    return render(request, "prescriptions/diagnoses.html", context)
