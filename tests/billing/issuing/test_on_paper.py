"""Every kind on paper: accessible, kept for good, in its columns, and in letters that are there."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import pypdfium2
import pytest

from billing.errors import CannotPrint
from billing.issuing import pdf
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import OF_A_VISIT, BillingDocument, DocumentCounter, Kind
from clinic.models import Client, Payer, Therapist
from tests.billing.factories import paid
from tests.printed import check
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from pathlib import Path

    from clinic.models import User

ALL = list(Kind)
MARGIN = 50  # points at the right of a page on which nothing may stand


def made(kind: str, actor: User, client: Client) -> BillingDocument:
    payer = Payer.objects.create(name="Hudson Health PPO", kind=Payer.Kind.OUT_OF_NETWORK)
    client.payer, client.address = payer, "27 Orchard Lane\nBeacon, NY 12508"
    client.save()
    visit = finished_visit(client)
    Therapist.objects.update(npi="1234567893")
    visit.refresh_from_db()
    paid(actor, visit)
    if kind not in OF_A_VISIT:
        day = visit.appointment.local_date
        return issuing.issue_range(kind, actor=actor, span=Span(client, day, day))
    return issuing.issue(kind, actor=actor, visit=visit)


@pytest.mark.parametrize("kind", ALL)
def test_it_is_accessible_and_can_be_kept(
    kind: str, desk_user: User, client_record: Client, tmp_path: Path
) -> None:
    client_record.first_name, client_record.last_name = "Ánh", "अनीता"
    issued = made(kind, desk_user, client_record)
    printed = pdf.render(issued)
    check(printed.content, tmp_path)
    assert printed.pages == 1 or kind == Kind.PACKET
    assert pdf.render(BillingDocument.objects.get(pk=issued.pk)).content == printed.content


@pytest.mark.parametrize("kind", ALL)
def test_a_name_that_would_print_as_boxes_is_refused(
    kind: str, desk_user: User, client_record: Client
) -> None:
    client_record.last_name = "𒀀𒁀𒀀"
    with pytest.raises(CannotPrint, match=r"our fonts lack 𒀀 \(U\+12000\), 𒁀 \(U\+12040\)\."):
        made(kind, desk_user, client_record)
    assert not BillingDocument.objects.exists()
    assert not DocumentCounter.objects.filter(last__gt=0).exists()


@pytest.mark.parametrize("kind", ALL)
def test_a_name_without_end_keeps_to_its_column(
    kind: str, desk_user: User, client_record: Client
) -> None:
    client_record.first_name, client_record.last_name = "W" * 60, "M" * 50
    content = pdf.render(made(kind, desk_user, client_record)).content
    with pypdfium2.PdfDocument(content) as file:
        for page in file:
            seen = page.render(scale=1).to_pil().convert("L")
            edge = seen.crop((seen.width - MARGIN, 0, seen.width, seen.height))
            assert edge.getextrema() == (255, 255)


@pytest.mark.parametrize("kind", ALL)
def test_in_grey_the_square_is_black_on_white(
    kind: str, desk_user: User, client_record: Client
) -> None:
    content = pdf.render(made(kind, desk_user, client_record)).content
    with pypdfium2.PdfDocument(BytesIO(content)) as file:
        seen = file[0].render(scale=3).to_pil().convert("L")
    assert seen.getextrema() == (0, 255)
