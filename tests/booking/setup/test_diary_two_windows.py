"""Two managers open the same page: the second to save is told, and overwrites nothing unseen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from booking.models import BookingPolicy, TimeOff
from clinic.models import Role, Training
from clinic.web.form_page import ChangedSince
from tests import factories
from tests.booking.managing import hidden, previewed

if TYPE_CHECKING:
    from datetime import date

    from clinic.models import Location, Room, Service, ServiceOption, Therapist

pytestmark = pytest.mark.django_db

# Which field both change, and what each of them types.
TYPED = {
    "room": ("name", "Elm", "Oak"),
    "therapist": ("name", "Dana One", "Dana Two"),
    "training": ("name", "Lymphatic drainage", "Scar tissue"),
    "service": ("summary", "For sore backs.", "For stiff necks."),
    "option": ("price_cents", "110.00", "120.00"),
    "rules": ("daily_cap", 5, 6),
    "time-off-change": ("reason", "Course", "Dentist"),
    "week": ("line-0-ends", "17:00", "16:00"),
    "date": ("line-0-ends", "17:00", "16:00"),
}
HOURS = {"line-0-weekday": "0", "line-0-starts": "09:00", "kind": "instead"}


@pytest.fixture
def second_window() -> Browser:
    browser = Browser()
    browser.force_login(factories.make_user("second@clinic.test", Role.MANAGER))
    return browser


@pytest.fixture
def urls(
    diary: list[Therapist],
    rooms: list[Room],
    services: dict[str, Service],
    option60: ServiceOption,
    location: Location,
    day: date,
) -> dict[str, str]:
    off = TimeOff.objects.create(
        therapist=diary[0],
        location=location,
        starts_at=timezone.now() + timedelta(days=2),
        ends_at=timezone.now() + timedelta(days=3),
    )
    training = Training.objects.create(name="Oncology massage")
    dana = diary[0].pk
    pks = {"room": rooms[0].pk, "therapist": dana, "training": training.pk, "week": dana}
    pks |= {"service": services["medical"].pk, "option": option60.pk, "time-off-change": off.pk}
    found = {name: reverse(f"diary:{name}", args=[pk]) for name, pk in pks.items()}
    dated = f"{reverse('diary:date', args=[dana])}?day={day.isoformat()}"
    return {**found, "rules": reverse("diary:rules"), "date": dated}


def shown(browser: Browser, url: str) -> dict[str, Any]:
    """What the fields of the page hold now, as a browser would post them."""
    form = browser.get(url).context["form"]
    fields = [form[name] for name in form.fields]
    for line in getattr(form, "lines", []):
        fields += [line[name] for name in line.fields]
    values = {field.html_name: field.value() for field in fields}
    return {
        name: value for name, value in values.items() if value is not None and value is not False
    }


@pytest.mark.parametrize("page", TYPED)
def test_the_second_to_save_is_told_and_overwrites_nothing_unseen(
    as_manager: Browser, second_window: Browser, urls: dict[str, str], page: str
) -> None:
    url, (field, one, two) = urls[page], TYPED[page]
    typed = shown(as_manager, url)
    if page == "date":
        typed |= HOURS
    _, first = previewed(as_manager, url, {**typed, field: one})
    _, second = previewed(second_window, url, {**typed, field: two})
    assert as_manager.post(url, {**first, "do": "save"}).status_code == 302
    refused = second_window.post(url, {**second, "do": "save"})
    assert refused.status_code == 422
    assert str(ChangedSince.message) in refused.text
    assert shown(as_manager, url)[field] == one  # nothing is overwritten
    assert refused.context["form"].data[field] == str(two)  # what was typed is still there
    again = {**second, "version": hidden(refused, "version")}  # now they have seen the other's
    assert second_window.post(url, {**again, "do": "save"}).status_code == 302
    assert shown(as_manager, url)[field] == two


def test_what_the_preview_says_after_that_is_against_what_is_saved_now(
    as_manager: Browser, second_window: Browser, urls: dict[str, str], option60: ServiceOption
) -> None:
    typed = shown(as_manager, urls["option"])
    _, first = previewed(as_manager, urls["option"], {**typed, "price_cents": "110"})
    _, second = previewed(second_window, urls["option"], {**typed, "price_cents": "120"})
    as_manager.post(urls["option"], {**first, "do": "save"})
    refused = second_window.post(urls["option"], {**second, "do": "save"})
    assert "Price: $110.00, then $120.00." in refused.text


def test_two_who_set_the_first_rules_of_a_place_do_not_overwrite_each_other(
    as_manager: Browser, second_window: Browser, urls: dict[str, str]
) -> None:
    BookingPolicy.objects.all().delete()
    typed = shown(as_manager, urls["rules"])
    _, first = previewed(as_manager, urls["rules"], {**typed, "daily_cap": 5})
    _, second = previewed(second_window, urls["rules"], {**typed, "daily_cap": 6})
    assert as_manager.post(urls["rules"], {**first, "do": "save"}).status_code == 302
    refused = second_window.post(urls["rules"], {**second, "do": "save"})
    assert refused.status_code == 422
    assert str(ChangedSince.message) in refused.text
    assert BookingPolicy.objects.get().daily_cap == 5
