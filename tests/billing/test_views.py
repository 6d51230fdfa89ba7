from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing.issuing import services as issuing
from clinic.models import AuditEvent, Guardian
from tests import factories
from tests.billing.factories import plain_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from billing.models import BillingDocument
    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


def test_clients_find_and_download_their_receipt(
    as_client: Browser, receipt: BillingDocument
) -> None:
    assert "Therapeutic massage, 53 min" in " ".join(
        as_client.get(reverse("billing:receipt-list")).content.decode().split()
    )
    page = as_client.get(reverse("billing:receipt", args=[receipt.pk])).content.decode()
    assert "Download the PDF" in page
    answer = as_client.get(reverse("billing:download", args=[receipt.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Cache-Control"] == "no-store"
    assert answer.content.startswith(b"%PDF-")
    said = AuditEvent.objects.filter(object_id=str(receipt.pk)).values_list("action", flat=True)
    assert {"receipt.viewed", "receipt.downloaded"} <= set(said)


def test_while_the_pdf_is_made_the_page_says_so(
    as_client: Browser, desk_user: User, visit: Visit
) -> None:
    issued = issuing.issue_receipt(actor=desk_user, visit=visit)
    address = reverse("billing:receipt", args=[issued.pk])
    assert "The PDF is being prepared" in as_client.get(address).content.decode()
    assert "<html" not in as_client.get(address, headers=HTMX).content.decode()
    assert as_client.get(reverse("billing:download", args=[issued.pk])).status_code == 404


@pytest.mark.parametrize("name", ["billing:receipt", "billing:download"])
def test_a_strangers_receipt_does_not_exist(
    as_other: Browser, receipt: BillingDocument, name: str
) -> None:
    assert as_other.get(reverse(name, args=[receipt.pk])).status_code == 404
    assert not AuditEvent.objects.filter(action="receipt.viewed").exists()


def test_a_stranger_sees_an_empty_list(as_other: Browser, receipt: BillingDocument) -> None:
    assert "No receipts yet" in as_other.get(reverse("billing:receipt-list")).content.decode()


def test_a_void_receipt_says_so_and_names_its_successor(
    as_client: Browser, desk_user: User, receipt: BillingDocument
) -> None:
    fresh = issuing.void(actor=desk_user, document=receipt, reason="x", reissue=True)
    assert fresh is not None
    page = as_client.get(reverse("billing:receipt", args=[receipt.pk])).content.decode()
    assert "It is void" in page
    assert f"Replaced by Receipt {fresh.number}" in page


def test_the_portal_panel_shows_the_newest_three_in_few_queries(
    as_client: Browser,
    desk_user: User,
    client_record: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for hours in (2, 4, 6, 8):
        visit = plain_visit(client_record, hours_ago=hours)
        issuing.issue_receipt(actor=desk_user, visit=visit)
    address = reverse("billing:portal-panel")
    with django_assert_max_num_queries(11):
        part = as_client.get(address, headers=HTMX).content.decode()
    assert part.count("<tr>") == 4
    assert "$400.00 due" in part
    assert "<html" in as_client.get(address).content.decode()


def test_a_guardian_sees_the_receipts_of_the_child_they_act_for(
    as_client: Browser, client_user: User, desk_user: User
) -> None:
    child = factories.make_client("Leo", "Lima", email="leo@example.test")
    Guardian.objects.create(user=client_user, client=child, relationship="parent")
    issued = issuing.issue_receipt(actor=desk_user, visit=plain_visit(child))
    assert as_client.get(reverse("billing:receipt", args=[issued.pk])).status_code == 200
