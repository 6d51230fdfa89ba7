from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from celery import shared_task
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.estimates import services as estimates
from billing.issuing import packets, pdf, services
from billing.models import BillingDocument, Kind
from clinic import duties
from clinic.celery import enqueue
from clinic.documents import certificate, drafts
from clinic.documents import store as documents
from clinic.documents.printing import Printed
from clinic.messaging import links, outbox
from clinic.models import Document
from clinic.people import services as people

if TYPE_CHECKING:
    from django.db.models import QuerySet

SIGN = "billing.sign_document"
PATIENCE = 60.0  # seconds for the receipts of a packet that another worker prints
PAUSE = 0.2
NEWS = timedelta(days=3)  # a message about an older one would only confuse


def unprinted() -> QuerySet[BillingDocument]:
    return BillingDocument.objects.filter(file__isnull=True)


@shared_task(name=services.RENDER)
def render_document(pk: str) -> None:
    """Make the PDF once and tell the client; a second copy of the task finds nothing to do."""
    if found := duties.claim(unprinted(), pk):
        with duties.trying(found):
            if found.kind == Kind.PACKET and not _print_receipts(found):
                duties.put_back(found)
                return
            printed = pdf.render(found)
            keep = _hand_over if certificate.is_configured() else _keep
            keep(found, printed)


def _print_receipts(packet: BillingDocument) -> bool:
    """Print what a packet is made of; False if another worker has some of it for too long."""
    ends = time.monotonic() + PATIENCE
    while left := list(packets.unprinted(packet).values_list("pk", flat=True)):
        for pk in left:
            render_document.run(str(pk))
            if certificate.is_configured():
                sign_document.run(str(pk))
        if time.monotonic() > ends:
            return False
        if packets.unprinted(packet).exists():
            time.sleep(PAUSE)
    return True


@transaction.atomic
def _hand_over(issued: BillingDocument, printed: Printed) -> None:
    """What is printed goes to the task that signs it. If that is lost, it is printed again."""
    current = duties.lock(issued)
    if current is None:
        return
    drafts.keep(of=current.pk, content=printed.content, pages=printed.pages, client=current.client)
    duties.done(current)  # laid out; due at once to be signed
    enqueue(SIGN, str(current.pk))


@shared_task(name=SIGN)
def sign_document(pk: str) -> None:
    """Sign what was printed, and tell the client; without a draft, leave it to be printed again."""
    from clinic.documents import signing  # large, and only here

    found = duties.claim(unprinted(), pk)
    if found is None:
        return
    with duties.trying(found):
        draft = drafts.find(found.pk)
        if draft is None:
            duties.put_back(found)
            return
        signed = signing.sign(documents.read(draft))
        _keep(found, Printed(signed, draft.pages or 0))


@transaction.atomic
def _keep(issued: BillingDocument, printed: Printed) -> None:
    current = duties.lock(issued)
    if current is None:
        return  # it took so long that another worker has started over
    stored = documents.store(
        actor=None,
        content=printed.content,
        kind=Document.Kind(current.kind),
        name=f"{current.kind}-{current.number}.pdf",
        content_type="application/pdf",
        client=current.client,
        pages=printed.pages,
    )
    duties.done(current, file=stored)
    drafts.forget(current.pk)
    if current.is_valid and timezone.now() - current.issued_at < NEWS:
        _tell(current)


def _tell(issued: BillingDocument) -> None:
    if issued.kind == Kind.RECEIPT and packets.is_in_one_to_come(issued):
        return
    client = issued.client
    outbox.queue(
        kind="receipt",
        key=f"receipt:{issued.pk}",
        recipient=people.notify_address(client),
        subject=_("A document is ready in your account"),
        template="messages/billing_receipt.txt",
        context={
            "first_name": client.first_name,
            "url": links.absolute(reverse("billing:receipt", args=[issued.pk])),
        },
        client=client,
        about=issued.pk,
    )


@shared_task(name="billing.sweep_documents")
def sweep_documents() -> None:
    """Documents whose PDF has not been made."""
    duties.sweep(unprinted(), render_document)


@shared_task(name="billing.give_estimates")
def give_estimates() -> None:
    """Estimates for visits booked ahead: long before the business day they are due on is over."""
    estimates.give_waiting()
