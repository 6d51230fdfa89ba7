"""Tasks for the worker: the paper form to sign, and the prescription from what was signed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from celery import shared_task
from django.db import transaction

from clinic import duties
from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.models import Document
from prescriptions.models import DoctorRequest, Prescription
from prescriptions.prescribers import links, pdf, services
from prescriptions.prescribers.selectors import requests

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from clinic.documents.printing import Printed

Status = DoctorRequest.Status


def undrawn() -> QuerySet[DoctorRequest]:
    """Open, and without the form to sign by hand."""
    return requests().filter(document__isnull=True, status=Status.OPEN)


def signed() -> QuerySet[DoctorRequest]:
    """Signed online, and not a prescription yet."""
    return requests().filter(prescription__isnull=True, status=Status.SIGNED)


@shared_task(name=services.DRAW_FORM)
def draw_request(pk: str) -> None:
    """Make the form once; a second copy of the task finds nothing to do."""
    if request := duties.claim(undrawn(), pk):
        with duties.trying(request):
            _keep_form(request, pdf.form_to_sign(request))


@shared_task(name=links.DRAW_ORDER)
def draw_order(pk: str) -> None:
    """Make the prescription from what was signed; it joins the queue like any other."""
    if request := duties.claim(signed(), pk):
        with duties.trying(request):
            _keep_order(request, pdf.signed_order(request))


@transaction.atomic
def _keep_form(request: DoctorRequest, printed: Printed) -> None:
    current = duties.lock(request)
    if current is None or current.status != Status.OPEN:
        return  # signed or withdrawn in the meantime
    kind, name = Document.Kind.PRESCRIPTION_REQUEST, "request-to-your-doctor.pdf"
    duties.done(current, document=_store(current, printed, kind, name))


@transaction.atomic
def _keep_order(request: DoctorRequest, printed: Printed) -> None:
    current = duties.lock(request)
    if current is None:
        return  # it took so long that another worker has started over
    made = Prescription.objects.create(
        client=current.client,
        document=_store(current, printed, Document.Kind.PRESCRIPTION, "prescription.pdf"),
        source=Prescription.Source.PRESCRIBER,
        prescriber=current.prescriber,
        # Propose the elements from what was signed, not from our own PDF of it.
        text_source=Prescription.TextSource.NONE,
    )
    duties.done(current, prescription=made)
    audit.record(None, "prescription.submitted", made)
    links.tell_client(current, "prescriber_signed")


def _store(request: DoctorRequest, printed: Printed, kind: str, name: str) -> Document:
    return documents.store(
        actor=None,
        content=printed.content,
        kind=kind,
        name=name,
        content_type="application/pdf",
        client=request.client,
        pages=printed.pages,
    )


@shared_task(name="prescriptions.sweep_requests")
def sweep_requests() -> None:
    """What has not been made yet: an open request's form, a signed request's prescription."""
    duties.sweep(undrawn(), draw_request)
    duties.sweep(signed(), draw_order)
