"""Coupons in the managers' pages, and at check-out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing import own_data
from billing.models import Coupon, CouponUse
from clinic.models import AuditEvent, ServiceOption
from tests.billing.factories import plain_visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db
NEW = {
    "code": "new-10",
    "label": "$10 off your first 60-minute visit",
    "off_cents": "$10",
    "first_visit_only": "on",
    "is_active": "on",
}


def test_a_coupon_is_added_and_changed_and_the_second_window_is_told(
    as_manager: Browser, visit: Visit
) -> None:
    assert "No coupons yet" in as_manager.get(reverse("billing:coupons")).text
    hour = ServiceOption.objects.filter(minutes=60, price_cents__gt=0)
    new = NEW | {"options": [str(one.pk) for one in hour], "valid_through": "2099-12-31"}
    assert as_manager.post(reverse("billing:coupon-new"), new).status_code == 302
    made = Coupon.objects.get()
    assert (made.code, made.off_cents, made.max_uses) == ("NEW10", 1000, None)
    assert set(made.options.all()) == set(hour)
    url = reverse("billing:coupon", args=[made.pk])
    page = as_manager.get(url)
    assert 'value="10.00"' in page.text
    version = {"version": page.context["version"]}
    assert as_manager.post(url, new | {"max_uses": "40"} | version).status_code == 302
    assert as_manager.post(url, new | version).status_code == 422
    made.refresh_from_db()
    assert made.max_uses == 40
    assert "used 0 of 40" in as_manager.get(reverse("billing:coupons")).text
    event = AuditEvent.objects.get(action="setup.coupon_changed")
    assert event.detail["changes"] == {"max_uses": {"before": None, "after": 40}}


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"off_cents": "-10"}, "Enter an amount such as 100.00."),
        ({"off_cents": "0"}, "Enter more than zero"),
        ({"off_cents": "10.005"}, "Enter an amount such as 100.00."),
        ({"off_cents": "99999,999,999"}, "no more than $1,000.00"),
        ({"off_cents": "ten"}, "Enter an amount such as 100.00."),
        ({"off_cents": ""}, "Enter what it takes off"),
        ({"code": "--"}, "Three to 20 letters and digits"),
        ({"code": "ДЕСЯТЬ"}, "Three to 20 letters and digits"),
        ({"code": "X" * 21}, "Three to 20 letters and digits"),
        ({"code": "used"}, "There is a coupon with that code already"),
        ({"max_uses": "0"}, "Enter 1 or more"),
        ({"max_uses": "9999999999999"}, "Enter no more than"),
        ({"max_uses": "1.5"}, "Enter a whole number"),
        ({"valid_from": "2030-02-02", "valid_through": "2030-02-01"}, "before the first one"),
    ],
)
def test_bad_input_is_a_sentence_and_what_was_typed_stays(
    as_manager: Browser, typed: dict[str, str], sentence: str
) -> None:
    Coupon.objects.create(code="USED", label="Used", off_cents=100)
    answer = as_manager.post(reverse("billing:coupon-new"), NEW | typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert NEW["label"] in answer.text
    assert Coupon.objects.count() == 1


def test_the_desk_gives_one_at_check_out_and_takes_it_back(
    as_desk: Browser, visit: Visit, coupon: Coupon
) -> None:
    panel = reverse("billing:panel", args=[visit.appointment_id])
    give = reverse("billing:coupon-give", args=[visit.appointment_id])
    assert "Give a coupon" in as_desk.get(panel).text
    for _twice in range(2):
        assert as_desk.post(give, {"coupon": "NEW10"}).status_code == 302
    page = as_desk.get(panel).text
    assert "NEW10, $10.00 off" in page
    assert "$90.00" in page
    assert CouponUse.objects.get().off_cents == 1000
    back = reverse("billing:coupon-take-back", args=[visit.appointment_id])
    for _twice in range(2):
        assert as_desk.post(back).status_code == 302
    assert "Give a coupon" in as_desk.get(panel).text
    assert not CouponUse.objects.counting().exists()


def test_a_refusal_is_said_on_the_next_page_and_nothing_is_written(
    as_desk: Browser, visit: Visit, coupon: Coupon
) -> None:
    client = visit.appointment.client
    assert client is not None
    plain_visit(client, 5)
    give = reverse("billing:coupon-give", args=[visit.appointment_id])
    said = as_desk.post(give, {"coupon": "NEW10"}, follow=True).text
    assert "This code is for a first visit" in said
    assert "That coupon is not in use" in as_desk.post(give, {"coupon": "X"}, follow=True).text
    assert not CouponUse.objects.exists()


def test_a_client_takes_along_what_was_used(
    as_desk: Browser, desk_user: User, visit: Visit, coupon: Coupon
) -> None:
    as_desk.post(reverse("billing:coupon-give", args=[visit.appointment_id]), {"coupon": "NEW10"})
    client = visit.appointment.client
    assert client is not None
    (used,) = own_data.coupons(client).data
    assert (used["code"], used["off_cents"]) == ("NEW10", 1000)
