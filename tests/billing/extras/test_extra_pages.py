"""Tips, goods and sales tax, in the product's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.urls import reverse

from billing.models import Product, SalesTax, VisitExtra
from clinic.models import AuditEvent

if TYPE_CHECKING:
    from django.test import Client as Browser

    from treatment.models import Visit

pytestmark = pytest.mark.django_db


def test_an_article_is_added_and_changed_and_the_second_window_is_told(
    as_manager: Browser, visit: Visit
) -> None:
    assert "Nothing on the list yet" in as_manager.get(reverse("billing:products")).text
    new = {"name": "Arnica gel", "price_cents": "$12", "is_taxed": "on", "is_active": "on"}
    new |= {"position": "1"}
    assert as_manager.post(reverse("billing:product-new"), new).status_code == 302
    made = Product.objects.get()
    assert made.price_cents == 1200
    url = reverse("billing:product", args=[made.pk])
    version = {"version": as_manager.get(url).context["version"]}
    changed = new | {"price_cents": "14.50"}
    assert as_manager.post(url, changed | version).status_code == 302
    assert as_manager.post(url, new | version).status_code == 422
    made.refresh_from_db()
    assert made.price_cents == 1450
    assert "$14.50" in as_manager.get(reverse("billing:products")).text
    assert as_manager.post(reverse("billing:product-new"), new).status_code == 422


@pytest.mark.parametrize(
    ("typed", "rate"), [("8.875", 8875), ("8.875 %", 8875), ("7", 7000), ("0", 0), ("6.5%", 6500)]
)
def test_the_rate_of_sales_tax_is_set(
    as_manager: Browser, visit: Visit, typed: str, rate: int
) -> None:
    assert as_manager.post(reverse("billing:sales-tax"), {"rate": typed}).status_code == 302
    assert SalesTax.objects.get().goods_rate == rate
    shown = as_manager.get(reverse("billing:sales-tax")).text
    assert f'value="{typed.rstrip("% ")}"' in shown
    assert AuditEvent.objects.filter(action="setup.sales_tax_changed").exists() == bool(rate)


@pytest.mark.parametrize("typed", ["", "-1", "8,875", "8.8755", "31", "a lot", "٨"])
def test_a_rate_that_is_none_is_a_sentence(as_manager: Browser, visit: Visit, typed: str) -> None:
    answer = as_manager.post(reverse("billing:sales-tax"), {"rate": typed})
    assert answer.status_code == 422
    assert "Enter" in answer.context["form"].errors["rate"][0]
    assert not SalesTax.objects.exists()


def test_the_desk_adds_a_tip_and_goods_and_removes_them(as_desk: Browser, visit: Visit) -> None:
    panel = reverse("billing:panel", args=[visit.appointment_id])
    product = Product.objects.create(name="Arnica gel", price_cents=1200)
    assert "Add a tip or goods" in as_desk.get(panel).text
    tip = {"tip": "20", "form_token": str(uuid4())}
    for _twice in range(2):
        assert as_desk.post(reverse("billing:tip", args=[visit.pk]), tip).status_code == 302
    goods = {"product": str(product.pk), "quantity": "2", "form_token": str(uuid4())}
    assert as_desk.post(reverse("billing:goods", args=[visit.pk]), goods).status_code == 302
    other = goods | {"product": "other", "description": "Hot pack", "price": "8.50"}
    other |= {"quantity": "1", "form_token": str(uuid4())}
    assert as_desk.post(reverse("billing:goods", args=[visit.pk]), other).status_code == 302
    page = as_desk.get(panel).text
    for shown in ("Tip", "Arnica gel", "Hot pack", "$152.50", "not treatment"):
        assert shown in page
    for extra in VisitExtra.objects.all():
        remove = reverse("billing:extra-remove", args=[extra.pk])
        for _twice in range(2):
            assert as_desk.post(remove).status_code == 302
    assert "$152.50" not in as_desk.get(panel).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"tip": "-5"}, "Enter an amount such as 100.00."),
        ({"tip": "0"}, "Enter more than zero"),
        ({"tip": "5.555"}, "Enter an amount such as 100.00."),
        ({"tip": "99999,999,999"}, "no more than $10,000.00"),
        ({"tip": ""}, "Enter the tip."),
    ],
)
def test_an_amount_that_is_none_is_a_sentence(
    as_desk: Browser, visit: Visit, typed: dict[str, str], sentence: str
) -> None:
    sent = typed | {"form_token": str(uuid4())}
    answer = as_desk.post(reverse("billing:tip", args=[visit.pk]), sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not VisitExtra.objects.exists()


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"product": "other", "price": "5"}, "Say what is sold."),
        ({"product": "other", "description": "Hot pack"}, "Enter its price."),
        ({"product": "gone"}, "That is not sold any more."),
        ({"product": "other", "quantity": "0"}, "Enter 1 or more."),
        ({"product": "other", "quantity": "100"}, "Enter 99 at most."),
    ],
)
def test_goods_that_are_none_are_a_sentence_and_what_was_typed_stays(
    as_desk: Browser, visit: Visit, typed: dict[str, str], sentence: str
) -> None:
    sent = {"quantity": "7", "form_token": str(uuid4())} | typed
    answer = as_desk.post(reverse("billing:goods", args=[visit.pk]), sent)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'value="{sent["quantity"]}"' in answer.text
    assert not VisitExtra.objects.exists()
