"""Time off and closed dates: typed at the clinic's clocks, kept as instants, never twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from booking.models import ClosedDate, TimeOff
from booking.setup import absence, holidays
from booking.setup.errors import NoSuchTime
from booking.setup.forms import TimeOffForm
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from tests.booking.managing import previewed, save
from tests.factories import make_location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client as Browser

    from clinic.models import Location, Therapist

NEW_YORK = ZoneInfo("America/New_York")
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)  # the clocks change
DAY = timedelta(days=1)


@pytest.fixture
def _winter() -> Iterator[None]:
    with time_machine.travel(datetime(2027, 1, 4, 15, tzinfo=UTC), tick=True):
        yield


# ---- wall-clock to instants ----
def test_whole_days_have_as_many_hours_as_the_clocks_give_them() -> None:
    for day, count in ((SPRING, 23), (AUTUMN, 25), (date(2027, 6, 1), 24)):
        begin, end = absence.whole_days(day, day, NEW_YORK)
        assert (end - begin) == timedelta(hours=count)
        assert begin.astimezone(NEW_YORK).time() == time()


def test_a_time_that_the_clocks_skip_is_refused_and_one_that_comes_twice_is_covered_whole() -> None:
    with pytest.raises(NoSuchTime, match=r"no 2:30 am on Sun, Mar 14, 2027"):
        absence.part_day(SPRING, time(2, 30), SPRING, time(9), NEW_YORK)
    with pytest.raises(NoSuchTime):
        absence.part_day(SPRING - DAY, time(9), SPRING, time(2), NEW_YORK)
    begin, end = absence.part_day(AUTUMN, time(1), AUTUMN, time(1, 30), NEW_YORK)
    assert end - begin == timedelta(minutes=90)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "typed",
    [
        {"first": "2027-06-01"},
        {"first": "2027-06-01", "last": "2027-06-04"},
        {"first": "2027-06-01", "starts": "13:00", "ends": "15:30"},
        {"first": "2027-06-01", "last": "2027-06-02", "starts": "13:00", "ends": "09:00"},
        {"first": str(SPRING)},
        {"first": str(AUTUMN), "last": str(AUTUMN)},
    ],
)
@pytest.mark.usefixtures("_winter")
def test_what_was_typed_comes_back_when_it_is_opened_again(
    location: Location, therapist: Therapist, typed: dict[str, Any]
) -> None:
    form = TimeOffForm({**typed, "who": str(therapist.pk)}, location=location)
    assert form.is_valid(), form.errors
    starts_at, ends_at = form.cleaned_data["span"]
    row = TimeOff(therapist=therapist, location=location, starts_at=starts_at, ends_at=ends_at)
    shown = TimeOffForm.initial_of(row)
    again = TimeOffForm(
        {name: str(value) for name, value in shown.items() if value is not None}, location=location
    )
    assert again.is_valid(), again.errors
    assert again.cleaned_data["span"] == form.cleaned_data["span"]
    assert shown["first"].isoformat() == typed["first"]
    assert (shown.get("starts") is None) == ("starts" not in typed)


# ---- the page ----
@pytest.fixture
def url(diary: list[Therapist]) -> str:
    return reverse("diary:time-off-new")


@pytest.mark.django_db
@pytest.mark.usefixtures("_winter")
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"first": str(SPRING), "starts": "02:30", "ends": "12:00"}, "the clocks skip it"),
        ({"first": "2027-06-02", "last": "2027-06-01"}, "before the first"),
        ({"first": "2027-06-02", "starts": "10:00"}, "Enter both times"),
        ({"first": "2027-06-02", "starts": "10:00", "ends": "10:00"}, "must end after"),
        ({"first": "2026-12-24"}, "That date is past."),
        ({"first": "2099-01-01"}, "next five years"),
        ({"first": "soon"}, "valid date"),
        ({"first": "2027-06-02", "who": "nobody"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_is_refused_in_words(
    as_desk: Browser, url: str, diary: list[Therapist], typed: dict[str, Any], said: str
) -> None:
    answer = as_desk.post(url, {"who": str(diary[0].pk), **typed, "do": "preview"})
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert f'value="{typed["first"]}"' in answer.content.decode()
    assert not TimeOff.objects.exists()


@pytest.mark.django_db
def test_the_desk_enters_it_changes_it_and_takes_it_away(
    as_desk: Browser, url: str, diary: list[Therapist], location: Location, day: date
) -> None:
    who = str(diary[0].pk)
    save(as_desk, url, {"who": who, "first": day, "starts": "13:00", "ends": "14:00"})
    row = TimeOff.objects.get()
    assert row.starts_at.astimezone(location.zone).time() == time(13)
    listed = as_desk.get(reverse("diary:time-off")).content.decode()
    assert "1:00 pm to 2:00 pm" in listed
    change = reverse("diary:time-off-change", args=[row.pk])
    save(as_desk, change, {"who": "all", "first": day, "reason": "Course"})
    row.refresh_from_db()
    assert (row.therapist, row.reason) == (None, "Course")
    save(as_desk, reverse("diary:time-off-remove", args=[row.pk]), {})
    assert not TimeOff.objects.exists()
    acts = AuditEvent.objects.filter(action__startswith="diary.time_off").order_by("id")
    assert [event.action.split("_")[-1] for event in acts] == ["added", "changed", "removed"]
    assert not any("Course" in str(event.detail) for event in acts)


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["one", "all"])
def test_overlapping_time_off_is_refused_and_back_to_back_is_not(
    as_desk: Browser, url: str, diary: list[Therapist], day: date, who: str
) -> None:
    whose = str(diary[0].pk) if who == "one" else "all"
    off = {"who": whose, "first": day, "starts": "13:00", "ends": "14:00"}
    save(as_desk, url, off)
    page, _carried = previewed(as_desk, url, {**off, "starts": "13:59", "ends": "15:00"})
    assert page.status_code == 422
    assert "is already off from" in page.content.decode()
    assert "1:00 pm" in page.content.decode()
    save(as_desk, url, {**off, "starts": "14:00", "ends": "15:00"})
    save(as_desk, url, {**off, "who": str(diary[1].pk)})
    assert TimeOff.objects.count() == 3


@pytest.mark.django_db
def test_one_place_may_close_while_another_is_closed(
    as_desk: Browser, url: str, location: Location, day: date
) -> None:
    other = make_location(name="Second place", position=1)
    save(as_desk, url, {"who": "all", "first": day})
    save(as_desk, f"{url}?location={other.pk}", {"who": "all", "first": day})
    assert set(TimeOff.objects.values_list("location", flat=True)) == {location.pk, other.pk}
    listed = as_desk.get(reverse("diary:time-off"), {"location": str(other.pk)}).content.decode()
    assert "Second place" in listed


@pytest.mark.django_db
def test_what_is_over_cannot_be_changed(
    as_desk: Browser, diary: list[Therapist], location: Location
) -> None:
    past = timezone.now() - DAY
    row = TimeOff.objects.create(location=location, starts_at=past - DAY, ends_at=past)
    for name in ("time-off-change", "time-off-remove"):
        assert as_desk.get(reverse(f"diary:{name}", args=[row.pk])).status_code == 404
    assert "Everyone" in as_desk.get(reverse("diary:time-off")).content.decode()


# ---- closed dates ----
def test_the_federal_holidays_of_a_year() -> None:
    found = {day.day: day.name for day in holidays.federal(2027) if not day.is_observed}
    assert list(found) == [
        date(2027, 1, 1),
        date(2027, 1, 18),
        date(2027, 2, 15),
        date(2027, 5, 31),
        date(2027, 6, 19),
        date(2027, 7, 4),
        date(2027, 9, 6),
        date(2027, 10, 11),
        date(2027, 11, 11),
        date(2027, 11, 25),
        date(2027, 12, 25),
    ]
    observed = [day.day for day in holidays.federal(2027) if day.is_observed]
    assert observed == [date(2027, 6, 18), date(2027, 7, 5), date(2027, 12, 24)]


@pytest.mark.django_db
@pytest.mark.usefixtures("_winter", "diary")
def test_holidays_are_closed_at_once_and_not_offered_again(as_manager: Browser) -> None:
    url = reverse("diary:holidays") + "?year=2027"
    page = as_manager.get(url)
    assert "New Year" not in page.content.decode()  # it is over
    assert "2027-06-18" not in page.context["form"].initial["dates"]
    chosen = ["2027-07-04", "2027-11-25"]
    save(as_manager, url, {"dates": chosen})
    assert [str(day) for day in ClosedDate.objects.values_list("day", flat=True)] == chosen
    assert "Thanksgiving" not in as_manager.get(url).content.decode()
    assert "Thanksgiving" in as_manager.get(reverse("diary:closed")).content.decode()
    assert as_manager.post(url, {"do": "preview"}).status_code == 422


@pytest.mark.django_db
@pytest.mark.usefixtures("diary")
def test_a_date_is_closed_once_and_opened_again(as_manager: Browser, day: date) -> None:
    url, typed = reverse("diary:closed-new"), {"day": day, "name": "Stocktaking"}
    save(as_manager, url, typed)
    again = as_manager.post(url, {**typed, "do": "preview"})
    assert again.status_code == 422
    assert "already closed on that date" in again.content.decode()
    past = as_manager.post(url, {"day": clinic_today() - 3 * DAY, "do": "preview"})
    assert past.status_code == 422
    assert "That date is past." in past.content.decode()
    row = ClosedDate.objects.get()
    save(as_manager, reverse("diary:closed-open", args=[row.pk]), {})
    assert not ClosedDate.objects.exists()
    assert as_manager.get(reverse("diary:closed-open", args=[row.pk])).status_code == 404


def test_a_past_date_is_said_at_its_field(as_manager: Browser, diary: list[Therapist]) -> None:
    past = (clinic_today() - timedelta(days=400)).isoformat()
    off = {"who": str(diary[0].pk), "first": past, "do": "preview"}
    for url, typed, name in (
        (reverse("diary:time-off-new"), off, "first"),
        (reverse("diary:closed-new"), {"day": past, "do": "preview"}, "day"),
        (reverse("diary:week", args=[diary[0].pk]), {"since": past, "do": "preview"}, "since"),
    ):
        answer = as_manager.post(url, typed)
        assert answer.status_code == 422
        form = answer.context["form"]
        assert "That date is past." in form.errors[name][0]
        assert f'href="#id_{name}"' in answer.content.decode()


def test_the_summary_leads_to_hours_that_cannot_be(
    as_manager: Browser, diary: list[Therapist]
) -> None:
    typed = {"line-0-weekday": "0", "line-0-starts": "18:00", "line-0-ends": "09:00"}
    typed |= {"since": clinic_today().isoformat(), "do": "preview"}
    answer = as_manager.post(reverse("diary:week", args=[diary[0].pk]), typed)
    assert answer.status_code == 422
    assert '<a href="#id_line-0-starts">Monday' in " ".join(answer.content.decode().split())
