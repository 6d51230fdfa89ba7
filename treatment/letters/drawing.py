"""The worker's part: the PDF of each sending, made once. Import it in workers only: see `pdf`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from clinic import duties
from clinic.documents import store as documents
from clinic.models import Document
from treatment.letters import pdf
from treatment.models import LetterSending

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from clinic.documents.printing import Printed


def undrawn() -> QuerySet[LetterSending]:
    return LetterSending.objects.filter(document__isnull=True)


def draw(pk: str) -> None:
    """A second copy of the task finds nothing to do."""
    if sending := duties.claim(undrawn(), pk):
        with duties.trying(sending):
            _keep(sending, pdf.render(sending))


@transaction.atomic
def _keep(sending: LetterSending, printed: Printed) -> None:
    if duties.lock(sending) is None:
        return  # it took so long that another worker has started over
    document = documents.store(
        actor=None,
        content=printed.content,
        kind=Document.Kind.LETTER,
        name="letter.pdf",
        content_type="application/pdf",
        client=sending.letter.prescription.client,
        pages=printed.pages,
    )
    duties.done(sending, document=document)
