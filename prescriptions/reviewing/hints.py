"""Hints while a reviewer types; by POST, so that nothing typed ends up in a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.dates import day_or_none
from clinic.ids import npi
from clinic.selectors import location_or_none
from prescriptions.codes import icd10, search
from prescriptions.codes.selectors import check_codes
from prescriptions.labels import ADVICE
from prescriptions.reading import sig
from prescriptions.reviewing import labels, selectors, services
from prescriptions.reviewing.forms import ReviewForm
from prescriptions.selectors import clinic_today, detailed

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
    unclear = labels.UNCLEAR[read.why] if isinstance(read, sig.NeedsInformation) else ""
    proposal = read if isinstance(read, sig.Proposal) else None
    context = {"text": text, "start": start, "proposal": proposal, "unclear": unclear}
    return render(request, "prescriptions/reviewing/_order_hint.html", context)


@access.desk
@require_POST
def codes(request: HttpRequest) -> HttpResponse:
    """Each typed code, with its description or why it is refused."""
    typed = icd10.split(request.POST.get("codes", "")[:200])
    checked = check_codes(typed, day_or_none(request.POST.get("issued_on")) or clinic_today())
    verdicts = [verdict for verdict, _words in checked]
    context = {
        "checked": checked,
        "clashes": icd10.clashes(typed),
        "questions": selectors.questions(verdicts, request.POST.getlist("confirmed")),
    }
    return render(request, "prescriptions/reviewing/_codes_hint.html", context)


@access.desk
@require_POST
def checklist(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The whole checklist for the form's current values."""
    prescription = access.visible(request, detailed(), prescription_id)
    read = ReviewForm(request.POST).current_elements()
    assessment = selectors.assess(prescription, read, clinic_today())
    context = {"assessment": assessment, "prescription": prescription}
    return render(request, "prescriptions/reviewing/_checklist.html", context)


@access.desk
@require_POST
def npi_number(request: HttpRequest) -> HttpResponse:
    number = npi.tidy(request.POST.get("prescriber_npi", "")[:20])
    context = {"number": number, "valid": npi.is_valid(number)}
    return render(request, "prescriptions/reviewing/_npi_hint.html", context)


@access.desk
@require_POST
def preview(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The e-mail as it will be sent, and what the client reads after signing in."""
    prescription = access.visible(request, detailed(), prescription_id)
    reason, note = request.POST.get("refusal", ""), request.POST.get("note", "")[:500]
    body = render_to_string(
        "messages/prescription_needs_information.txt",
        {"clinic": location_or_none(), **services.message_context(prescription)},
    )
    context = {"body": body.strip(), "advice": ADVICE.get(reason, ""), "note": note}
    return render(request, "prescriptions/reviewing/_message_preview.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def diagnoses(request: HttpRequest) -> HttpResponse:
    """Find a code by its start or by words; without htmx, a whole page opens in a new tab."""
    words = request.POST.get("q", "").replace("\0", " ").strip()[:60]  # PostgreSQL rejects NUL
    found = search.find_codes(words)
    context = {"words": words, "found": found, "refusal": search.refusal(words, found)}
    if "HX-Request" in request.headers:  # on every keystroke: skip what only whole pages need
        return HttpResponse(render_to_string("prescriptions/reviewing/_codes_found.html", context))
    return render(request, "prescriptions/reviewing/diagnoses.html", context)
