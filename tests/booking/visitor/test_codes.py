"""A coupon's code, typed by a visitor while booking."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from billing.models import Coupon, CouponUse
from booking.models import Appointment, AppointmentStatus
from clinic.format import money
from clinic.models import AuditEvent, Client
from tests.billing.coupons.conftest import new_client_coupon
from tests.booking.factories import booked_appointment
from tests.booking.single import cancel
from tests.booking.visitor.test_visitor_flow import ANA, press
from tests.factories import make_client

if TYPE_CHECKING:
    from datetime import datetime

    from django.test import Client as Browser

    from clinic.models import ServiceOption, Therapist

pytestmark = pytest.mark.django_db
DETAILS, DONE = "/book/details/", "/book/done/"


@pytest.fixture
def coupon(diary: list[Therapist], option60: ServiceOption) -> Coupon:
    return new_client_coupon()


def test_without_coupons_no_code_is_asked_for(
    anonymous: Browser, diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    assert "Have a code?" not in anonymous.get(DETAILS).text


def test_a_new_client_types_a_code_and_sees_list_discount_and_net(
    anonymous: Browser, coupon: Coupon, option60: ServiceOption, ten: datetime
) -> None:
    press(anonymous, option60, ten)
    assert "Have a code?" in anonymous.get(DETAILS).text
    checked = anonymous.post(DETAILS, ANA | {"coupon": "new10", "go": "code"}, follow=True)
    assert "Code NEW10" in checked.text
    assert "$90.00" in checked.text
    assert 'value="Ana"' in checked.text
    assert not Client.objects.exists()
    assert anonymous.post(DETAILS, ANA | {"coupon": "new10"}).headers["Location"] == DONE
    done = anonymous.get(DONE).text
    for shown in ("$100.00", money(-1000), "$90.00", "If this is the first visit with us"):
        assert shown in done
    used = CouponUse.objects.get()
    assert used.appointment == Appointment.objects.get()
    assert (used.off_cents, used.given_by) == (1000, None)
    assert used.appointment.price_cents == 10000


@pytest.mark.parametrize(
    ("code", "change", "sentence"),
    [
        ("NOPE", {}, "We do not know this code"),
        ("x" * 39, {}, "We do not know this code"),
        ("x" * 41, {}, "No code of ours is that long"),
        ("\x00\x01", {}, None),
        ("NEW10", {"is_active": False, "code": "NEW10"}, "This code is not in use any more"),
        ("NEW10", {"max_uses": 1}, "used as often as it can be"),
    ],
)
def test_a_code_that_is_not_good_is_a_sentence_and_nothing_is_booked_or_lost(
    anonymous: Browser,
    coupon: Coupon,
    option60: ServiceOption,
    ten: datetime,
    code: str,
    change: dict[str, Any],
    sentence: str | None,
) -> None:
    Coupon.objects.create(code="OTHER", label="Another", off_cents=500)  # so that one is asked for
    Coupon.objects.filter(code="NEW10").update(**change) if change else None
    if "max_uses" in change:
        noor = make_client("Noor", "Adler")
        someone = booked_appointment(noor, starts_at=ten + timedelta(days=70))
        CouponUse.objects.create(
            coupon=coupon,
            client=noor,
            appointment=someone,
            off_cents=1,
            number=1,
            limit=1,
        )
    before = Client.objects.count(), Appointment.objects.agreed().count()
    press(anonymous, option60, ten)
    answer = anonymous.post(DETAILS, ANA | {"coupon": code})
    assert answer.status_code == 422
    assert sentence is None or sentence in answer.text
    assert 'value="Lima"' in answer.text
    assert (Client.objects.count(), Appointment.objects.agreed().count()) == before
    again = anonymous.post(DETAILS, ANA | {"coupon": ""})
    assert again.headers["Location"] == DONE


def test_a_second_click_finds_what_the_first_one_booked_with_the_last_use(
    anonymous: Browser, coupon: Coupon, option60: ServiceOption, ten: datetime
) -> None:
    Coupon.objects.update(max_uses=1)
    press(anonymous, option60, ten)
    draft = dict(anonymous.session["booking"])
    assert anonymous.post(DETAILS, ANA | {"coupon": "NEW10"}).headers["Location"] == DONE
    session = anonymous.session
    session["booking"] = draft  # the other tab, or the button pressed twice
    session.save()
    assert anonymous.post(DETAILS, ANA | {"coupon": "NEW10"}).headers["Location"] == DONE
    assert "$90.00" in anonymous.get(DONE).text
    assert CouponUse.objects.count() == Appointment.objects.count() == 1


def test_for_this_session_only_is_said(
    anonymous: Browser, coupon: Coupon, option60: ServiceOption, ten: datetime
) -> None:
    coupon.options.set(coupon.options.exclude(pk=option60.pk))
    press(anonymous, option60, ten)
    answer = anonymous.post(DETAILS, ANA | {"coupon": "NEW10"})
    assert answer.status_code == 422
    assert "This code is not for this session, only for" in answer.text


def test_who_is_signed_in_hears_that_it_is_not_their_first_visit(
    as_client: Browser,
    client_record: Client,
    coupon: Coupon,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    booked_appointment(
        client_record, starts_at=ten - timedelta(days=364), status=AppointmentStatus.FULFILLED
    )
    press(as_client, option60, ten)
    typed = {"client": str(client_record.pk), "coupon": "NEW10"}
    answer = as_client.post(DETAILS, typed)
    assert answer.status_code == 422
    assert "This code is for a first visit" in answer.text
    assert Appointment.objects.filter(starts_at=ten).get().status == AppointmentStatus.HELD
    assert as_client.post(DETAILS, typed | {"coupon": ""}).headers["Location"] == DONE


def test_who_only_types_a_name_does_not_learn_whether_that_person_was_here(
    anonymous: Browser,
    client_record: Client,
    coupon: Coupon,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    """Both pages say the same, and only the visit that may have it has the discount."""
    assert client_record.user is not None
    assert client_record.birth_date is not None
    booked_appointment(
        client_record, starts_at=ten - timedelta(days=364), status=AppointmentStatus.FULFILLED
    )
    known = ANA | {
        "first_name": client_record.first_name,
        "last_name": client_record.last_name,
        "birth_date": client_record.birth_date.strftime("%m/%d/%Y"),
        "email": client_record.user.email,
        "coupon": "NEW10",
    }
    press(anonymous, option60, ten)
    assert anonymous.post(DETAILS, known).headers["Location"] == DONE
    made = Appointment.objects.get(starts_at=ten)
    assert made.client == client_record
    assert "If this is the first visit with us" in anonymous.get(DONE).text
    assert not CouponUse.objects.exists()
    event = AuditEvent.objects.get(action="coupon.not_given")
    assert event.detail == {"why": "not_first"}


def test_a_signed_in_client_sees_the_price_on_the_visit_and_gets_the_code_back(
    as_client: Browser,
    client_record: Client,
    coupon: Coupon,
    option60: ServiceOption,
    ten: datetime,
) -> None:
    press(as_client, option60, ten)
    as_client.post(DETAILS, {"client": str(client_record.pk), "coupon": "NEW10"})
    done = as_client.get(DONE).text
    assert "$90.00" in done
    assert "If this is the first visit" not in done
    made = Appointment.objects.get(starts_at=ten)
    portal = as_client.get(f"/portal/visits/{made.pk}/").text
    assert f"NEW10: {money(-1000)}" in portal
    assert "$90.00" in portal
    cancel(actor=client_record.user, appointment=made)
    assert not CouponUse.objects.counting().exists()
