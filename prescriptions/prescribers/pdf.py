"""What a prescriber signs, as a PDF: the paper form, and the order signed online.

The form has only names, dates, and addresses. Reason, order, modality, and codes stay blank: a
clinic that fills them in is writing its own prescription (IRS, IR-2024-65).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils import timezone, translation

from clinic.documents import printing
from clinic.selectors import location
from prescriptions.models import DiagnosisCode, Prescription
from prescriptions.prescribers.answers import Answers

if TYPE_CHECKING:
    from clinic.documents.printing import Printed
    from prescriptions.models import DoctorRequest

STYLESHEET = "css/request-pdf.css"


def form_to_sign(request: DoctorRequest) -> Printed:
    """The form to sign by hand."""
    return _print("form_pdf", request, {})


def signed_order(request: DoctorRequest) -> Printed:
    """What was signed behind the link."""
    answers = Answers.from_data(request.answers or {})
    rows = DiagnosisCode.objects.filter(code__in=answers.codes)
    words = dict(rows.values_list("code", "description"))
    extra = {
        "answers": answers,
        "codes": [(code, words.get(code, "")) for code in answers.codes],
        "modality": Prescription.Modality(answers.modality).label,
    }
    return _print("order_pdf", request, extra)


def _print(name: str, request: DoctorRequest, extra: dict[str, Any]) -> Printed:
    here = location()
    context = {
        "doctor_request": request,
        "client": request.client,
        "prescriber": request.prescriber,
        "clinic": here,
        **extra,
    }
    with timezone.override(here.zone), translation.override("en-us"):
        html = render_to_string(f"prescriptions/prescribers/{name}.html", context)
    seed = name.encode() + request.pk.bytes
    return printing.render(html, stylesheet=STYLESHEET, seed=seed)
