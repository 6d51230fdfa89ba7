"""Who owes what, since when: one page for the desk and the biller."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.owed import aging
from clinic.people.owed import VISIT, Due, Owed
from tests import factories
from tests.billing.factories import missed_visit, paid, plain_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User

PAGE = "/desk/money/owed/"
TODAY = date(2026, 11, 24)


def due(days: int, cents: int = 100) -> Due:
    return Due("Visit", TODAY - timedelta(days=days), cents, uuid4(), VISIT)


@pytest.mark.parametrize(
    ("days", "place"),
    [(-1, 0), (0, 0), (30, 0), (31, 1), (60, 1), (61, 2), (90, 2), (91, 3), (900, 3)],
)
def test_a_debt_has_one_age(days: int, place: int) -> None:
    assert aging.place_of(due(days), TODAY) == place


@given(st.lists(st.lists(st.tuples(st.integers(0, 200), st.integers(1, 999)), max_size=4)))
def test_the_ages_add_up_to_all_that_is_owed(people: list[list[tuple[int, int]]]) -> None:
    owed = {
        uuid4(): Owed(tuple(due(days, cents) for days, cents in sorted(dues, reverse=True)))
        for dues in people
    }
    found = aging.accounts(owed, TODAY)
    assert sum(aging.totals(found)) == sum(one.cents for one in owed.values())
    assert [one.oldest.day for one in found] == sorted(one.oldest.day for one in found)
    for age in aging.AGES:
        assert all(one.ages[list(aging.AGES).index(age)] for one in aging.of_age(found, age))


def test_the_list_says_who_for_what_and_how_to_reach_them(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    paid(desk_user, plain_visit(client_record), 2500)
    missed_visit(client_record, 4000, days=40)
    missed_visit(factories.make_client("Ben", "Adler"), 1500, days=100)
    page = as_desk.get(PAGE).text
    for words in ("Owed to us: $130.00", "Rest of a visit", "No-show fee", "(212) 555-0142"):
        assert words in page
    assert page.index("Ben Adler") < page.index("Ana Lima")
    old = as_desk.get(PAGE, {"age": "91"}).text
    assert "Ben Adler" in old
    assert "Ana Lima" not in old
    assert as_desk.get(PAGE, {"age": "x", "page": "99"}).status_code == 200


def test_when_nothing_is_owed_the_page_says_so(as_desk: Browser, client_record: Client) -> None:
    assert "Nothing is owed" in as_desk.get(PAGE).text


def test_only_who_handles_money_sees_it(
    as_therapist: Browser, as_biller: Browser, as_client: Browser
) -> None:
    statuses = [one.get(PAGE).status_code for one in (as_therapist, as_biller, as_client)]
    assert statuses == [403, 200, 404]


def test_a_crowd_takes_as_many_queries_as_one(
    as_desk: Browser,
    client_record: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for days in range(1, 12):
        missed_visit(factories.make_client(f"C{days}", "Adler"), 100, days=days)
    as_desk.get(PAGE)
    with django_assert_max_num_queries(11):
        as_desk.get(PAGE)
