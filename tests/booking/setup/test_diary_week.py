"""The weekly hours: what rows amount to, how a week changes on a date, and how it is typed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from booking.models import DateHours, WorkingBreak, WorkingHours
from booking.setup import hours, services, week
from booking.setup.errors import BadHours, NothingChanged, PastDay
from booking.setup.week import Line
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from clinic.web.form_page import ChangedSince
from tests.booking.managing import save

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, Therapist, User

NINE, NOON, ONE, SIX = time(9), time(12), time(13), time(18)
DAY = timedelta(days=1)


def on_weekday(starts: time = NINE, ends: time = SIX, weekday: int = 0) -> Line:
    return Line(weekday, starts, ends)


def set_week(therapist: Therapist, location: Location, actor: User, **fields: Any) -> None:
    shown = hours.version_of_week(therapist, location)
    change = hours.SetWeek(location=location, therapist=therapist, version=shown, **fields)
    services.save(actor=actor, change=change)


def known(therapist: Therapist, location: Location) -> list[week.Pattern]:
    return week.patterns(hours.rows_of(therapist, location))


# ---- the rows as weeks ----
@given(
    st.lists(
        st.tuples(
            st.integers(0, 6),
            st.integers(0, 30),
            st.one_of(st.none(), st.integers(0, 40)),
            st.one_of(st.none(), st.integers(0, 40)),
        ),
        max_size=5,
    )
)
@settings(max_examples=60, deadline=None)
def test_on_each_date_the_week_that_holds_says_what_the_rows_say(
    given_rows: list[tuple[int, int, int | None, int | None]],
) -> None:
    base = date(2026, 11, 1)
    rows = []
    for weekday, minute, first, length in given_rows:
        start = base + first * DAY if first is not None else None
        last = (start or base) + length * DAY if length is not None else None
        row = WorkingHours(
            weekday=weekday,
            starts=time(9, minute),
            ends=SIX,
            effective_from=start,
            effective_until=last,
        )
        row._prefetched_objects_cache = {"breaks": WorkingBreak.objects.none()}  # type: ignore[attr-defined]
        rows.append(row)
    patterns = week.patterns(rows)
    for offset in range(-3, 90, 2):
        day = base + offset * DAY
        expected = sorted(
            Line.of(row)
            for row in rows
            if (row.effective_from is None or row.effective_from <= day)
            and (row.effective_until is None or day <= row.effective_until)
        )
        assert list(week.on(patterns, day).lines) == expected


def test_lines_that_cannot_be_are_told_why() -> None:
    assert "end after" in week.problem_of(Line(0, SIX, NINE))
    assert "within" in week.problem_of(Line(0, NINE, NOON, ((NOON, ONE),)))
    assert "break must end" in week.problem_of(Line(0, NINE, SIX, ((ONE, NOON),)))
    overlapping = ((NOON, ONE), (time(12, 30), time(14)))
    assert "breaks overlap" in week.problem_of(Line(0, NINE, SIX, overlapping))
    assert not week.problem_of(Line(0, NINE, SIX, ((NOON, ONE),)))
    assert week.clash(on_weekday(), [on_weekday(NOON, SIX)])
    assert not week.clash(on_weekday(ONE, SIX), [on_weekday(NINE, ONE)])


# ---- changing it ----
@pytest.mark.django_db
def test_a_new_week_ends_the_old_one_the_day_before(
    diary: list[Therapist], location: Location, manager_user: User, day: date
) -> None:
    person = diary[0]
    set_week(person, location, manager_user, since=day, lines=[on_weekday(NINE, NOON)])
    before, after = known(person, location)
    assert (before.last, len(before.lines)) == (day - DAY, 5)
    assert (after.first, after.last, after.lines) == (day, None, (on_weekday(NINE, NOON),))
    assert len(known(diary[1], location)) == 1
    event = AuditEvent.objects.get(action="diary.week_changed")
    assert event.detail["after"][1]["hours"] == ["0 09:00-12:00"]
    assert event.detail["before"][0]["until"] is None


@pytest.mark.django_db
def test_a_week_for_some_time_lets_the_old_one_come_back_with_its_breaks(
    diary: list[Therapist], location: Location, manager_user: User, day: date
) -> None:
    person, until = diary[0], day + 13 * DAY
    WorkingBreak.objects.create(
        hours=WorkingHours.objects.get(therapist=person, weekday=0), starts=NOON, ends=ONE
    )
    usual = known(person, location)[0].lines
    set_week(person, location, manager_user, since=day, until=until, lines=[])
    first, gone, again = known(person, location)
    assert (first.lines, gone.lines, again.lines) == (usual, (), usual)
    assert (gone.first, gone.last, again.first) == (day, until, until + DAY)


@pytest.mark.django_db
def test_a_week_for_good_replaces_what_was_planned_later(
    diary: list[Therapist], location: Location, manager_user: User, day: date
) -> None:
    person = diary[0]
    set_week(person, location, manager_user, since=day + 30 * DAY, lines=[])
    set_week(person, location, manager_user, since=day, lines=[on_weekday()])
    assert [pattern.first for pattern in known(person, location)] == [None, day]


@pytest.mark.django_db
def test_what_cannot_be_is_refused_and_nothing_changes(
    diary: list[Therapist], location: Location, manager_user: User, day: date
) -> None:
    person, before = diary[0], known(diary[0], location)
    same: dict[str, Any] = {"therapist": person, "location": location, "actor": manager_user}
    with pytest.raises(PastDay):
        set_week(**same, since=clinic_today() - 2 * DAY, lines=[])
    with pytest.raises(NothingChanged):
        set_week(**same, since=day, lines=before[0].lines)
    with pytest.raises(BadHours):
        set_week(**same, since=day, lines=[on_weekday(), on_weekday(NOON, SIX)])
    old = hours.version_of_week(person, location)
    set_week(**same, since=day, lines=[on_weekday()])
    change = hours.SetWeek(
        location=location, therapist=person, version=old, since=day, lines=[on_weekday(NOON)]
    )
    with pytest.raises(ChangedSince):
        services.save(actor=manager_user, change=change)
    assert known(person, location)[1].lines == (on_weekday(),)


# ---- a single date ----
@pytest.mark.django_db
def test_a_date_gets_hours_of_its_own_and_loses_them_again(
    as_manager: Browser, diary: list[Therapist], location: Location, day: date
) -> None:
    url = reverse("diary:date", args=[diary[0].pk]) + f"?day={day}"
    typed = {"day": day, "kind": "extra", **lines((0, "19:00", "21:00"))}
    save(as_manager, url, typed)
    row = DateHours.objects.get()
    assert (row.day, row.kind, row.starts, row.ends) == (day, "extra", time(19), time(21))
    page = as_manager.get(url).content.decode()
    assert 'value="19:00"' in page
    save(as_manager, url, {"day": day, "kind": "off"})
    assert list(DateHours.objects.values_list("kind", "starts")) == [("instead", None)]
    save(as_manager, url, {"day": day, "kind": ""})
    assert not DateHours.objects.exists()
    answer = as_manager.post(url, {"do": "preview", "day": day, "kind": "instead"})
    assert answer.status_code == 422
    assert b"Enter the hours for that date" in answer.content


# ---- the page ----
def lines(*typed: tuple[int, str, str]) -> dict[str, Any]:
    return {
        f"line-{number}-{name}": value
        for number, (weekday, starts, ends) in enumerate(typed)
        for name, value in (("weekday", weekday), ("starts", starts), ("ends", ends))
    }


@pytest.fixture
def url(diary: list[Therapist]) -> str:
    return reverse("diary:week", args=[diary[0].pk])


@pytest.mark.django_db
def test_the_editor_shows_the_week_and_saves_breaks_and_split_shifts(
    as_manager: Browser, diary: list[Therapist], location: Location, url: str, day: date
) -> None:
    assert as_manager.get(url).content.decode().count('value="09:00"') == 5
    typed = {
        "since": day,
        **lines((0, "09:00", "12:00"), (0, "1:00 pm", "18:00"), (1, "09:00", "17:00"), (2, "", "")),
        "line-2-break_0_starts": "12:00",
        "line-2-break_0_ends": "12:30",
    }
    save(as_manager, url, typed)
    assert known(diary[0], location)[1].lines == (
        on_weekday(NINE, NOON),
        on_weekday(ONE, SIX),
        Line(1, NINE, time(17), ((NOON, time(12, 30)),)),
    )


@pytest.mark.django_db
def test_more_lines_and_copies_come_back_with_all_that_was_typed(
    as_manager: Browser, url: str, day: date
) -> None:
    typed = {"since": day, **lines((0, "08:15", ""), (4, "07:00", "08:00"))}
    page = as_manager.post(url, {**typed, "add": "0"})
    assert page.status_code == 200
    assert [len(shown.lines) for shown in page.context["form"].days] == [2, 1, 1, 1, 1, 1, 1]
    assert 'value="08:15"' in page.content.decode()
    copy = {"do": "copy", "copy_from": "0", "copy_to": ["1", "4"]}
    page = as_manager.post(url, {**typed, **copy})
    assert page.content.decode().count('value="08:15"') == 3
    assert 'value="07:00"' not in page.content.decode()
    assert not WorkingHours.objects.filter(starts=time(8, 15)).exists()


@pytest.mark.django_db
def test_what_is_typed_wrong_is_said_beside_it_and_kept(
    as_manager: Browser, url: str, day: date
) -> None:
    typed = {
        "since": day,
        "until": day - DAY,
        **lines((0, "18:00", "09:00"), (1, "09:00", ""), (2, "xx", "10:00"), (3, "09:00", "12:00")),
        "line-3-break_0_starts": "11:00",
    }
    page = as_manager.post(url, {**typed, "do": "preview"})
    text = page.content.decode()
    assert page.status_code == 422
    for said in (
        "The hours must end after they start",
        "Enter both times.",
        "Enter a time, such as",
        "Enter both times of the break",
        "The last day is before the first",
    ):
        assert said in text
    assert 'value="xx"' in text


@pytest.mark.django_db
def test_the_preview_warns_of_a_planned_week_that_would_go(
    as_manager: Browser, diary: list[Therapist], location: Location, manager_user: User, day: date
) -> None:
    set_week(diary[0], location, manager_user, since=day + 30 * DAY, lines=[])
    url = reverse("diary:week", args=[diary[0].pk])
    page = as_manager.post(url, {"since": day, **lines((0, "09:00", "10:00")), "do": "preview"})
    assert "This also replaces the weeks already planned" in page.content.decode()
