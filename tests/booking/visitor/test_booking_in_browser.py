"""The whole booking in a real browser: on a phone, by keyboard alone, nothing for axe to find."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from booking.models import Appointment
from tests.booking.factories import booked_appointment
from tests.booking.visits.test_couples import book_two, child_of
from tests.browser import COMPUTER, faults, resize

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from django.test import Client as Session
    from playwright.sync_api import Page

    from clinic.models import Client, ServiceOption, Therapist, User

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

PHONE, TALL = 390, 844
MOST_TABS = 80
COVERED = """() => {
  const focused = document.activeElement.getBoundingClientRect();
  const bar = document.querySelector(".sticky")?.getBoundingClientRect();
  const inside = document.activeElement.closest(".sticky");
  return Boolean(bar && !inside && focused.bottom > bar.top && focused.top < bar.bottom
    && getComputedStyle(document.querySelector(".sticky")).position === "sticky"
    && bar.top > 0 && focused.top >= bar.top);
}"""


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is where it should be; it is never behind the bar on the way."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        assert not page.evaluate(COVERED), page.evaluate("() => document.activeElement.outerHTML")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"The keyboard does not reach {selector}")


def press(page: Page, key: str = "Enter") -> None:
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press(key)


def fill_in(page: Page, **texts: str) -> None:
    for name, text in texts.items():
        tab_to(page, f"[name={name}]")
        page.keyboard.type(text)


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Callable[..., Page]:
    def opened(path: str, **more: object) -> Page:
        page = open_page(path, width=PHONE, **more)
        page.set_viewport_size({"width": PHONE, "height": TALL})
        return page

    return opened


def test_a_visit_is_booked_by_keyboard_alone(
    phone: Callable[..., Page], diary: list[Therapist], option60: ServiceOption
) -> None:
    page = phone("/book/")
    assert faults(page) == []
    tab_to(page, f'a[href="{reverse("booking:time", args=[option60.pk])}"]')
    press(page)
    assert faults(page) == []
    tab_to(page, "a.day:not([aria-current])")
    day = page.evaluate("() => document.activeElement.id")
    page.keyboard.press("Enter")
    expect(page.locator(f"#{day}")).to_have_attribute("aria-current", "date")
    assert page.evaluate("() => document.activeElement.id") == day  # the focus stays in place
    tab_to(page, "form[aria-live] button.time")
    press(page)
    assert page.url.endswith("/book/details/")
    assert faults(page) == []
    tab_to(page, "[name=first_name]")
    press(page)  # Enter in a field books; the errors then take the focus
    assert page.evaluate("() => document.activeElement.matches('[data-error-summary]')")
    assert faults(page) == []
    fill_in(
        page,
        first_name="Ana",
        last_name="Lima",
        birth_date="04/12/1981",
        phone="(212) 555-0142",
        email="ana@example.test",
    )
    tab_to(page, "[name=pay]")
    page.keyboard.press("ArrowDown")
    tab_to(page, ".book-sum button")
    press(page)
    assert page.url.endswith("/book/done/")
    assert faults(page) == []
    made = Appointment.objects.with_names().get()
    assert (made.status, made.option.service.kind) == ("booked", "therapeutic")
    resize(page, width=COMPUTER, dark=True)
    assert faults(page) == []


def test_two_visits_are_booked_on_a_phone(
    phone: Callable[..., Page], diary: list[Therapist], option60: ServiceOption, ten: datetime
) -> None:
    page = phone("/book/?for=two")
    assert faults(page) == []
    page.goto(page.url.split("/book/")[0] + reverse("booking:two-time", args=[option60.pk]))
    assert faults(page) == []
    tab_to(page, "form[aria-live] button.time")
    press(page)
    press_first = page.locator(".book-sum button")
    press_first.click()
    expect(page.locator(".error-summary")).to_be_focused()
    assert faults(page) == []
    texts = {
        "first_name": "Ana",
        "last_name": "Lima",
        "birth_date": "04/12/1981",
        "phone": "(212) 555-0142",
        "email": "ana@example.test",
        "two-first_name": "Max",
        "two-last_name": "Lima",
        "two-birth_date": "02/03/1980",
    }
    for name, text in texts.items():
        page.fill(f"[name={name}]", text)
    press_first.click()
    page.wait_for_url("**/book/for-two/done/")
    assert faults(page) == []
    assert Appointment.objects.filter(status="booked").count() == 2


def test_the_countdown_warns_lapses_and_loses_nothing(
    phone: Callable[..., Page],
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    other_client: Client,
) -> None:
    page = phone(reverse("booking:time", args=[option60.pk]) + f"?day={ten.date().isoformat()}")
    page.clock.install(time=timezone.now())
    page.select_option("#therapist", str(diary[0].pk))
    page.wait_for_url("**therapist=**")
    page.locator("form[aria-live] button.time").first.click()
    page.wait_for_url("**/book/details/")
    held = Appointment.objects.get()
    expect(page.locator("[data-hold-text]")).to_have_text(re.compile(r"another (10:00|9:\d\d)"))
    page.fill("[name=first_name]", "Ana")
    page.clock.fast_forward("09:10")
    expect(page.locator("[data-hold-say]")).to_have_text(re.compile("one more minute"))
    page.clock.fast_forward("01:00")
    expect(page.locator("[data-hold-text]")).to_have_text(re.compile("Nothing you typed is lost"))
    assert faults(page) == []
    assert page.input_value("[name=first_name]") == "Ana"
    # Somebody else books it in the meantime, and the form goes on with a time near by.
    Appointment.objects.all().delete()
    booked_appointment(other_client, starts_at=held.starts_at, therapist=held.therapist)
    page.locator("button", has_text="Hold it longer").click()
    expect(page.locator("body")).to_contain_text("no longer free")
    assert page.input_value("[name=first_name]") == "Ana"
    for name, text in {
        "last_name": "Lima",
        "birth_date": "04/12/1981",
        "phone": "(212) 555-0142",
        "email": "ana@example.test",
    }.items():
        page.fill(f"[name={name}]", text)
    page.locator(".book-sum button").click()
    expect(page.locator(".error-summary")).to_be_focused()
    page.locator("button[name=take]").first.click()
    expect(page.locator("[data-hold-until]")).to_be_visible()
    page.locator(".book-sum button").click()
    page.wait_for_url("**/book/done/")
    mine = Appointment.objects.exclude(client=other_client).get()
    assert mine.status == "booked"
    assert abs(mine.starts_at - held.starts_at) <= timedelta(hours=2)


def test_back_after_an_error_shows_the_page_and_all_that_was_typed(
    phone: Callable[..., Page], diary: list[Therapist], option60: ServiceOption
) -> None:
    page = phone(reverse("booking:time", args=[option60.pk]))
    page.locator("form[aria-live] button.time").first.click()
    page.fill("[name=first_name]", "Ana")
    page.locator(".book-sum button").click()
    expect(page.locator(".error-summary")).to_be_visible()
    page.goto(page.url.replace("details/", ""))
    page.go_back(wait_until="load")
    assert page.url.endswith("/book/details/")
    assert page.input_value("[name=first_name]") == "Ana"
    assert page.locator(".error-summary").count() == 0  # asked for anew, not sent again


def test_the_whole_booking_works_without_javascript(
    phone: Callable[..., Page], diary: list[Therapist], option60: ServiceOption
) -> None:
    page = phone(reverse("booking:time", args=[option60.pk]), javascript=False)
    page.locator("form[aria-live] button.time").first.click()
    page.fill("[name=first_name]", "Ana")
    page.locator("button", has_text="Change time").click()
    assert "/book/details/" not in page.url
    page.locator("form[aria-live] button.time").nth(3).click()
    assert page.input_value("[name=first_name]") == "Ana"
    page.fill("[name=last_name]", "Lima")
    page.fill("[name=birth_date]", "04/12/1981")
    page.fill("[name=phone]", "(212) 555-0142")
    page.fill("[name=email]", "ana@example.test")
    page.keyboard.press("Enter")
    page.wait_for_url("**/book/done/")
    assert Appointment.objects.get().status == "booked"


def test_the_pages_of_a_couple_are_accessible(
    phone: Callable[..., Page],
    as_client: Session,
    as_desk: Session,
    client_record: Client,
    client_user: User,
    diary: list[Therapist],
    options: dict[tuple[str, int], ServiceOption],
    ten: datetime,
) -> None:
    child = child_of(client_user)
    option = options["therapeutic", 60]
    first, _second = book_two(option, ten, client_record, child)
    portal = ("visit-detail", "visit-move-both", "visit-cancel-both", "visit-cancel")
    desk = ("appointment", "appointment-move-both", "appointment-cancel-both")
    pages = [(as_client, reverse(f"booking:{name}", args=[first.pk])) for name in portal]
    pages += [(as_desk, reverse(f"booking:{name}", args=[first.pk])) for name in desk]
    people = [client_record.pk, child.pk]
    pages.append((as_desk, reverse("booking:desk-partner", args=people[:1])))
    pages.append((as_desk, reverse("booking:desk-two", args=people) + f"?option={option.pk}"))
    for session, path in pages:
        page = phone(path, as_=session)
        assert faults(page) == [], path
    page = phone(reverse("booking:desk-partner", args=people[:1]), as_=as_desk)
    page.fill("#find", "Lima")
    page.press("#find", "Enter")
    page.locator("ul.rows a").first.wait_for()
    assert faults(page) == []
    assert "Lima" not in page.url
