"""The clinic's row is kept for a moment, and never longer than it is true where it was changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clinic.web import location as current_location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from pytest_django.fixtures import Settings

    from clinic.models import Location

    Queries = Callable[[int], AbstractContextManager[object]]


@pytest.fixture(autouse=True)
def _kept(settings: Settings) -> Iterator[None]:
    settings.LOCATION_KEPT = 60
    current_location.forget()
    yield
    current_location.forget()


def test_it_is_read_once(location: Location, django_assert_num_queries: Queries) -> None:
    with django_assert_num_queries(1):
        assert current_location.now() == current_location.now() == location


def test_a_change_shows_at_once(location: Location) -> None:
    current_location.now()
    location.name = "Stillwater North"
    location.save()
    found = current_location.now()
    assert found is not None
    assert found.name == "Stillwater North"


def test_who_changes_what_they_were_given_changes_it_for_nobody_else(location: Location) -> None:
    mine = current_location.now()
    assert mine is not None
    mine.name = "Elsewhere"
    assert current_location.now() == location
    assert getattr(current_location.now(), "name", "") == location.name


def test_a_clinic_that_is_not_set_up_yet_is_looked_for_each_time(
    db: None, django_assert_num_queries: Queries
) -> None:
    with django_assert_num_queries(2):
        assert current_location.now() is None
        assert current_location.now() is None


def test_it_is_read_again_after_its_moment(
    location: Location, settings: Settings, django_assert_num_queries: Queries
) -> None:
    settings.LOCATION_KEPT = 0
    with django_assert_num_queries(2):
        current_location.now()
        current_location.now()
