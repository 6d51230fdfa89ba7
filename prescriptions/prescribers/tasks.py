"""Doors for the worker: the form to sign on paper, and the prescription of what was signed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from celery import shared_task
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from clinic import audit, documents
from clinic.models import Document
from prescriptions.models import DoctorRequest, Prescription
from prescriptions.prescribers import links, request_pdf, services
from prescriptions.prescribers.selectors import requests

LATE = timedelta(seconds=45)  # the bell was lost: the sweep takes over
# What has failed for this long fails for a reason of its own: once an hour is enough then.
STUBBORN = timedelta(hours=1)
SWEEP_BATCH = 100
PDF = "application/pdf"
Status = DoctorRequest.Status


def _claim(pk: str, **state: object) -> DoctorRequest | None:
    """The row, locked; none when another worker has it or the work is done."""
    waiting = requests().filter(pk=pk, **state)
    return waiting.select_for_update(skip_locked=True, no_key=True, of=("self",)).first()


@shared_task(name=services.DRAW_FORM)
def draw_request(pk: str) -> None:
    """Draw the form once; a second copy of the task finds nothing to do."""
    with transaction.atomic(durable=True):
        request = _claim(pk, document__isnull=True, status=Status.OPEN)
        if request is None:
            return
        printed = request_pdf.form(request)
        request.document = documents.store(
            actor=None,
            content=printed.content,
            kind=Document.Kind.PRESCRIPTION_REQUEST,
            name="request-to-your-doctor.pdf",
            content_type=PDF,
            client=request.client,
            pages=printed.pages,
        )
        request.save(update_fields=["document", "updated_at"])


@shared_task(name=links.DRAW_ORDER)
def draw_order(pk: str) -> None:
    """Make the prescription of what was signed; it joins the queue like any other."""
    with transaction.atomic(durable=True):
        request = _claim(pk, prescription__isnull=True, status=Status.SIGNED)
        if request is None:
            return
        printed = request_pdf.order(request)
        document = documents.store(
            actor=None,
            content=printed.content,
            kind=Document.Kind.PRESCRIPTION,
            name="prescription.pdf",
            content_type=PDF,
            client=request.client,
            pages=printed.pages,
        )
        request.prescription = Prescription.objects.create(
            client=request.client,
            document=document,
            source=Prescription.Source.PRESCRIBER,
            prescriber=request.prescriber,
            # The elements are proposed from what was signed, not from our own drawing of it.
            text_source=Prescription.TextSource.NONE,
        )
        request.save(update_fields=["prescription", "updated_at"])
        audit.record(None, "prescription.submitted", request.prescription)
        links.tell_client(request, "prescriber_signed")


@shared_task(name="prescriptions.sweep_requests")
def sweep_requests() -> None:
    """What nobody has drawn: the form of an open request, the prescription of a signed one."""
    now = timezone.now()
    since = now - STUBBORN if now.minute else datetime.min.replace(tzinfo=UTC)
    late_by = (since, now - LATE)
    undrawn = Q(status=Status.OPEN, document__isnull=True, created_at__range=late_by)
    unmade = Q(status=Status.SIGNED, prescription__isnull=True, closed_at__range=late_by)
    late = DoctorRequest.objects.filter(undrawn | unmade).order_by("created_at")
    for pk, status in late.values_list("pk", "status")[:SWEEP_BATCH]:
        task = draw_order if status == Status.SIGNED else draw_request
        task.delay(str(pk))
