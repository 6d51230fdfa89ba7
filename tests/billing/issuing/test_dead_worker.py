"""A worker that dies while it prints: another one prints it, once, and the client is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.utils import timezone

from billing import tasks
from billing.issuing import pdf
from billing.models import BillingDocument, Kind
from clinic import duties
from clinic.models import Document, Message
from tests.billing.issuing.test_on_paper import made

if TYPE_CHECKING:
    from clinic.models import Client, User


class Killed(BaseException):
    """No handler of ours catches it: the process is gone."""


@pytest.mark.parametrize("kind", list(Kind))
def test_there_is_one_document_and_one_message(
    kind: str, desk_user: User, client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = made(kind, desk_user, client_record)
    render = pdf.render

    def die(document: BillingDocument) -> Any:
        if document.pk == issued.pk:
            raise Killed
        return render(document)

    with monkeypatch.context() as patch:
        patch.setattr(pdf, "render", die)
        with pytest.raises(Killed):
            tasks.render_document.run(str(issued.pk))
    tasks.render_document.run(str(issued.pk))  # the claim is still that of the dead one
    assert not Document.objects.filter(kind=kind).exists()

    with time_machine.travel(timezone.now() + duties.STALE + duties.LOST, tick=True):
        tasks.sweep_documents.run()
        tasks.render_document.run(str(issued.pk))

    issued.refresh_from_db()
    assert [one.pk for one in Document.objects.filter(kind=kind)] == [issued.file_id]
    assert Message.objects.filter(kind="receipt", about=issued.pk).count() == 1
    assert BillingDocument.objects.filter(kind=kind).count() == 1
