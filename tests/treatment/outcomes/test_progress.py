"""Pain from visit to visit, of signed notes only, for who treats and for the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tests.billing.factories import plain_visit
from tests.treatment.factories import hands_of
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import write
from treatment.notes import services
from treatment.notes.relief import Relief
from treatment.outcomes import plot, selectors

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Therapist
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


def noted(client: Client, hours: int, *, sign: bool = True, **said: str) -> Visit:
    visit = plain_visit(client, hours_ago=hours)
    author = hands_of(visit.appointment)
    write(author, visit, {**whole(), **said})
    if sign:
        services.sign(actor=author, visit=visit)
    return visit


@pytest.fixture
def visits(client_record: Client, therapist: Therapist) -> list[Visit]:
    """Three signed ones, a draft after them; 7 to 3, then 5 to 4, then "not said"."""
    return [
        noted(client_record, 24 * 14 + 2, pain_now="7", pain_after="3"),
        noted(client_record, 24 * 7 + 2, pain_now="5", pain_after="4", relief="4-7"),
        noted(client_record, 26, pain_now="not-said", pain_after="2", relief="still"),
        noted(client_record, 2, sign=False, pain_now="1", pain_after="0"),
    ]


def test_what_the_next_visit_tells_is_of_the_one_before(
    client_record: Client, visits: list[Visit]
) -> None:
    first, second, third = selectors.rows_of(client_record)
    assert (first.before, first.after) == (7, 3)
    assert (first.relief, first.retained) == (Relief(5.5), 50)
    assert second.relief == Relief(6, is_censored=True)
    assert second.retained is None  # what was not said is no score
    assert (third.before, third.after, third.relief) == (None, 2, None)
    assert selectors.typical_of([first, second, third]) == (Relief(5.75), 2)


def test_an_answer_is_about_the_very_visit_before(client_record: Client) -> None:
    noted(client_record, 24 * 14 + 2, pain_now="7", pain_after="3")
    plain_visit(client_record, hours_ago=24 * 7 + 2)  # nobody wrote a note
    noted(client_record, 26, pain_now="5", pain_after="4", relief="1-3")
    first, second = selectors.rows_of(client_record)
    assert (first.relief, first.retained) == (None, None)
    assert (second.before, second.relief) == (5, None)


def test_a_draft_and_another_client_count_for_nothing(
    client_record: Client, other_client: Client, visits: list[Visit]
) -> None:
    noted(other_client, 5, pain_now="9")
    assert len(selectors.rows_of(client_record)) == 3


def test_the_drawing_keeps_to_its_frame(client_record: Client, visits: list[Visit]) -> None:
    drawn = plot.of(selectors.rows_of(client_record))
    points = [point for pair in drawn.pairs for point in (pair.before, pair.after) if point]
    assert len(points) == 5
    assert all(plot.LEFT <= point.x <= plot.WIDTH for point in points)
    assert all(plot.TOP <= point.y <= drawn.floor for point in points)
    worst = next(point for point in points if point.score == 7)
    best = next(point for point in points if point.score == 2)
    assert worst.y < best.y  # more pain is higher up
    assert len(drawn.before.split()) == 2


def test_who_treats_sees_it(
    as_therapist: Browser, client_record: Client, visits: list[Visit]
) -> None:
    page = as_therapist.get(reverse("treatment:progress", args=[client_record.pk])).text
    assert "<polyline" in page
    assert "50%" in page
    assert (
        reverse("treatment:progress", args=[client_record.pk])
        in as_therapist.get(reverse("client-detail", args=[client_record.pk])).text
    )


def test_the_client_sees_their_own(
    as_client: Browser, as_other: Browser, visits: list[Visit]
) -> None:
    here = reverse("treatment:portal-progress")
    assert "50%" in as_client.get(here).text
    assert "Nothing to show yet" in as_other.get(here).text
    assert here in as_client.get(reverse("booking:visit-list")).text


def test_the_desk_does_not(as_desk: Browser, client_record: Client, visits: list[Visit]) -> None:
    here = reverse("treatment:progress", args=[client_record.pk])
    assert as_desk.get(here).status_code == 403
    assert here not in as_desk.get(reverse("client-detail", args=[client_record.pk])).text


def test_more_visits_take_no_more_queries(
    client_record: Client, visits: list[Visit], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        selectors.rows_of(client_record)
