from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import pdf, services
from billing.models import Receipt
from clinic import documents, links, messages, people
from clinic.models import Document

LATE = timedelta(seconds=45)  # the bell was lost: the sweep takes over
SWEEP_BATCH = 200
NEWS = timedelta(days=3)  # telling of an older one would only puzzle


@shared_task(name=services.RENDER)
def render_receipt(pk: str) -> None:
    """Make the PDF once and tell the client; a second copy of the task finds nothing to do."""
    waiting = Receipt.objects.filter(pk=pk, document__isnull=True)
    with transaction.atomic(durable=True):
        claimed = waiting.select_for_update(skip_locked=True, no_key=True, of=("self",))
        receipt = claimed.select_related("client__user", "visit__appointment__location").first()
        if receipt is None:
            return
        printed = pdf.render(receipt)
        receipt.document = documents.store(
            actor=None,
            content=printed.content,
            kind=Document.Kind.RECEIPT,
            name=f"receipt-{receipt.number}.pdf",
            content_type="application/pdf",
            client=receipt.client,
            pages=printed.pages,
        )
        receipt.save(update_fields=["document", "updated_at"])
        if receipt.status == Receipt.Status.ISSUED and timezone.now() - receipt.issued_at < NEWS:
            _tell(receipt)


def _tell(receipt: Receipt) -> None:
    client = receipt.client
    messages.queue(
        kind="receipt",
        key=f"receipt:{receipt.pk}",
        recipient=people.notify_address(client),
        subject=_("A document is ready in your account"),
        template="messages/billing_receipt.txt",
        context={
            "first_name": client.first_name,
            "url": links.absolute(reverse("billing:receipt", args=[receipt.pk])),
        },
        client=client,
        about=receipt.pk,
    )


@shared_task(name="billing.sweep_documents")
def sweep_documents() -> None:
    """Receipts whose PDF nobody made."""
    late = Receipt.objects.filter(document__isnull=True, issued_at__lt=timezone.now() - LATE)
    for pk in late.order_by("issued_at").values_list("pk", flat=True)[:SWEEP_BATCH]:
        render_receipt.delay(str(pk))
