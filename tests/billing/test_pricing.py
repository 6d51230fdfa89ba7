from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.pricing import Line, Session, Work, lines_of


def work(*minutes: int) -> list[Work]:
    return [Work("Hands-on", count, UUID(int=place)) for place, count in enumerate(minutes)]


def on_time(price: int = 10000, booked: int = 60) -> Session:
    return Session(price, booked, elapsed_minutes=booked)


def priced(worked: list[Work], session: Session, rule: str = "cms") -> list[Line]:
    return lines_of(worked, session, rule=rule, reserved_label="Reserved time")


def test_53_hands_on_minutes_are_4_units_at_the_whole_price() -> None:
    [line] = priced(work(53), on_time())
    assert (line.units, line.list_cents) == (4, 10000)


@pytest.mark.parametrize(
    ("minutes", "session", "units", "cents"),
    [
        ((40, 20), on_time(), [3, 1], [7500, 2500]),
        ((35, 15), on_time(), [2, 1], [6667, 3333]),
        ((68, 22), on_time(15000, 90), [5, 1], [12500, 2500]),
        ((28,), on_time(5500, 30), [2], [5500]),
        ((7,), on_time(5500, 30), [0], [5500]),
    ],
)
def test_the_price_is_shared_by_units(
    minutes: tuple[int, ...], session: Session, units: list[int], cents: list[int]
) -> None:
    lines = priced(work(*minutes), session)
    assert [line.units for line in lines] == units
    assert [line.list_cents for line in lines] == cents


def test_the_payers_rule_decides_on_the_units() -> None:
    assert [line.units for line in priced(work(24, 23), on_time())] == [2, 1]
    assert [line.units for line in priced(work(24, 23), on_time(), "ama")] == [2, 2]


def test_a_late_arrival_pays_the_units_given_and_the_rest_as_reserved_time() -> None:
    late = Session(10000, 60, late_minutes=20, elapsed_minutes=38)
    treatment, reserved = priced(work(35), late)
    assert (treatment.units, treatment.list_cents, treatment.is_eligible) == (2, 5000, True)
    assert (reserved.units, reserved.list_cents, reserved.is_eligible) == (0, 5000, False)
    assert reserved.description == "Reserved time"


def test_a_late_arrival_who_got_the_whole_session_pays_for_it_alone() -> None:
    late = Session(10000, 60, late_minutes=20, elapsed_minutes=58)
    assert [line.list_cents for line in priced(work(50), late)] == [10000]


def test_a_session_that_the_therapist_ends_early_is_nobodys_reserved_time() -> None:
    early = Session(10000, 60, late_minutes=0, elapsed_minutes=40)
    assert [line.is_eligible for line in priced(work(35), early)] == [True]


def test_untimed_work_is_one_unit_and_costs_nothing_of_its_own() -> None:
    pack = Work("Warm pack", 20, UUID(int=9), is_timed=False)
    lines = priced([*work(53), pack], on_time())
    assert [(line.units, line.list_cents) for line in lines] == [(4, 10000), (1, 0)]


def test_a_free_consultation_has_no_lines() -> None:
    assert priced(work(20), on_time(0, 30)) == []
    assert priced([], on_time()) == []


@given(
    st.lists(st.integers(1, 120), min_size=1, max_size=4),
    st.integers(1, 50000),
    st.sampled_from([30, 45, 60, 90]),
    st.integers(0, 60),
    st.integers(0, 120),
)
def test_the_lines_add_up_to_the_price_whatever_happened(
    minutes: list[int], price: int, booked: int, late: int, elapsed: int
) -> None:
    lines = priced(work(*minutes), Session(price, booked, late, elapsed))
    assert sum(line.list_cents for line in lines) == price
    assert all(0 <= line.net_cents <= line.list_cents for line in lines)
