"""A button that is pressed twice makes one visit, or one couple's two, and leaves nothing held."""

from __future__ import annotations

from contextlib import suppress
from threading import Barrier, BrokenBarrierError, local
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse

from booking.models import Appointment
from booking.visits import parties, services
from clinic.models import AuditEvent, Client, Message, Service, ServiceOption
from tests.booking.factories import booked_appointment
from tests.booking.racing import all_at_once
from tests.booking.visitor.test_for_two import TWO
from tests.booking.visitor.test_visitor_flow import ANA

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from types import ModuleType

    from clinic.models import Therapist

DETAILS, DETAILS_TWO = "/book/details/", "/book/for-two/details/"
SELF = {**ANA, "pay": "self"}
TWO_SELF = {**TWO, "pay": "self", "two-pay": "self"}
CLICKS = [(DETAILS, SELF, 1), (DETAILS_TWO, TWO_SELF, 2)]


def choose(browser: Browser, page: str, option: ServiceOption, start: datetime) -> None:
    name = "booking:time" if page == DETAILS else "booking:two-time"
    answer = browser.post(reverse(name, args=[option.pk]), {"start": start.isoformat()})
    assert answer.headers["Location"] == page


def expect_one_booking(count: int) -> None:
    rows = Appointment.objects.values_list("status", "option__service__kind")
    assert list(rows) == [("booked", Service.Kind.THERAPEUTIC)] * count
    assert AuditEvent.objects.filter(action="appointment.booked").count() == count
    assert Message.objects.count() == count
    assert Client.objects.count() == count


def raise_price(_start: datetime) -> None:
    ServiceOption.objects.update(price_cents=12_345)


def clear_away(_start: datetime) -> None:
    Appointment.objects.filter(status="held").delete()


def nothing(_start: datetime) -> None:
    pass


@pytest.mark.django_db
@pytest.mark.parametrize(("page", "data", "count"), CLICKS, ids=["one", "two"])
@pytest.mark.parametrize("meanwhile", [nothing, raise_price, clear_away])
def test_a_second_click_that_knows_nothing_of_the_first_lands_on_the_done_page(
    anonymous: Browser,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    option60: ServiceOption,
    ten: datetime,
    page: str,
    data: dict[str, str],
    count: int,
    meanwhile: Callable[[datetime], None],
) -> None:
    choose(anonymous, page, option60, ten)
    before = dict(anonymous.session["booking"])
    meanwhile(ten)
    if meanwhile is raise_price:
        assert "price" in anonymous.post(page, data).text
        before = dict(anonymous.session["booking"])
    first = anonymous.post(page, data)
    assert first.status_code == 302
    made = anonymous.session["booking"]["done"]
    session: Any = anonymous.session
    session["booking"] = before
    session.save()
    second = anonymous.post(page, data)
    assert second.headers["Location"] == first.headers["Location"]
    assert anonymous.session["booking"]["done"] == made
    expect_one_booking(count)


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
@pytest.mark.parametrize(("page", "data", "count"), CLICKS, ids=["one", "two"])
@pytest.mark.parametrize("meet", ["nowhere", "reading", "holding", "booking"])
@pytest.mark.parametrize("clicks", [2, 3])
def test_clicks_at_the_same_moment_make_one_booking_and_all_land_on_the_done_page(
    anonymous: Browser,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    option60: ServiceOption,
    ten: datetime,
    monkeypatch: pytest.MonkeyPatch,
    page: str,
    data: dict[str, str],
    count: int,
    meet: str,
    clicks: int,
) -> None:
    """Real requests of one session; they wait for each other where it would hurt most."""
    choose(anonymous, page, option60, ten)
    cookie = anonymous.cookies[settings.SESSION_COOKIE_NAME].value
    together, mine = Barrier(clicks), local()

    def wait_before(module: ModuleType, name: str) -> None:
        real = getattr(module, name)

        def waiting(*args: Any, **how: Any) -> Any:
            if not hasattr(mine, "has_waited"):
                mine.has_waited = True
                with suppress(BrokenBarrierError):
                    together.wait(timeout=3)
            return real(*args, **how)

        monkeypatch.setattr(module, name, waiting)

    one = page == DETAILS
    if meet == "reading":
        wait_before(parties, "held")
    elif meet == "holding":
        wait_before(services, "hold")
    elif meet == "booking":
        wait_before(services, "book")

    def click(_number: int) -> str:
        browser = Browser()
        browser.cookies[settings.SESSION_COOKIE_NAME] = cookie
        answer = browser.post(page, data)
        return f"{answer.status_code} {answer.headers.get('Location', '')}"

    done = "/book/done/" if one else "/book/for-two/done/"
    assert all_at_once(clicks, click) == [f"302 {done}"] * clicks
    expect_one_booking(count)
    first = Appointment.objects.order_by("seat")[0]
    assert anonymous.session["booking"]["done"][0] == str(first.pk)
    assert anonymous.get(done).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("again", ["old session", "new session"])
def test_a_second_click_does_not_book_the_colleague_that_the_page_did_not_name(
    anonymous: Browser,
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
    again: str,
) -> None:
    choose(anonymous, DETAILS, option60, ten)
    before, held = dict(anonymous.session["booking"]), Appointment.objects.get()
    shown = {"who": str(held.therapist_id)}
    assert f'name="who" value="{held.therapist_id}"' in anonymous.get(DETAILS).text
    held.delete()
    booked_appointment(other_client, starts_at=ten, therapist=held.therapist)
    assert "another therapist" in anonymous.post(DETAILS, {**ANA, **shown}).text
    if again == "old session":
        session: Any = anonymous.session
        session["booking"] = before
        session.save()
    assert "another therapist" in anonymous.post(DETAILS, {**ANA, **shown}).text
    other = Appointment.objects.get(status="held")
    assert f'name="who" value="{other.therapist_id}"' in anonymous.get(DETAILS).text
    shown = {"who": str(other.therapist_id)}
    assert anonymous.post(DETAILS, {**ANA, **shown}).status_code == 302
    assert Appointment.objects.filter(client__first_name="Ana", status="booked").count() == 1
