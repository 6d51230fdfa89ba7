"""Activities in the client's own words, measured by either side, and what the pages say of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from clinic.privacy import export
from clinic.selectors import clinic_today
from tests.billing.factories import plain_visit
from treatment.function import errors, selectors, services
from treatment.function.scale import Band
from treatment.models import Activity, FunctionMeasure
from treatment.outcomes import change, plot
from treatment.outcomes import selectors as outcomes

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, Therapist, User

pytestmark = pytest.mark.django_db
WORDS = ("Carrying groceries", "Sitting through a movie", "Tying my shoes")


@pytest.fixture(autouse=True)
def _here(location: Location) -> None:
    """The clinic's day is asked for."""


def measured(client: Client, *scores: int, days_ago: int = 0, **added: int) -> FunctionMeasure:
    """Scores of what is asked about, in order, and of new activities by name."""
    assert client.user is not None
    asked = selectors.asked(client)
    with time_machine.travel(timezone.now() - timedelta(days=days_ago)):
        return services.measure(
            actor=client.user,
            client=client,
            scores={str(one.pk): score for one, score in zip(asked, scores, strict=True)},
            added=list(added.items()),
            form_token=uuid4(),
        )


def first(client: Client, *scores: int, days_ago: int = 30) -> None:
    measured(client, days_ago=days_ago, **dict(zip(WORDS, scores, strict=False)))


def test_from_the_first_to_the_last(client_record: Client) -> None:
    first(client_record, 3, 4, 3)
    measured(client_record, 5, 5, 5, days_ago=10)
    measured(client_record, 6, 6, 6)
    history = selectors.history_of(client_record)
    assert [one.mean for one in history.measures] == [Decimal("3.3"), 5, 6]
    assert history.last is not None
    assert history.last.moved is not None
    assert (history.last.moved.first, history.last.moved.last) == (Decimal("3.3"), Decimal("6.0"))
    assert history.last.moved.band == Band.MEDIUM  # 2.67, which is shown as 2.7


def test_one_added_later_spoils_nothing(client_record: Client) -> None:
    first(client_record, 3, 3, 3)
    measured(client_record, 6, 6, 6, Driving=0)
    history = selectors.history_of(client_record)
    assert history.last is not None
    assert history.last.mean == Decimal("4.5")  # all four: 4.5
    assert history.last.moved is not None
    assert history.last.moved.band == Band.LARGE
    assert history.last.moved.last == Decimal("6.0")
    assert outcomes.since_the_first(history) == [Decimal("3.0"), Decimal("6.0")]


def test_the_last_measure_of_a_day_counts(client_record: Client) -> None:
    first(client_record, 3, 3, 3, days_ago=0)
    measured(client_record, 4, 4, 4)
    (one,) = selectors.history_of(client_record).measures
    assert one.mean == Decimal("4.0")
    assert FunctionMeasure.objects.count() == 2  # nothing is erased


def test_fewer_than_three_have_no_mean(as_client: Browser, client_record: Client) -> None:
    first(client_record, 3, 3)
    page = as_client.get(reverse("treatment:portal-progress")).text
    assert "Fewer than three activities: no mean yet" in page
    measured(client_record, 9, 9, Driving=4)
    page = as_client.get(reverse("treatment:portal-progress")).text
    assert "Fewer than three activities were measured both times" in page
    assert change.of(client_record, date(2000, 1, 1), clinic_today()) == change.Change()


def test_for_a_letter(client_record: Client) -> None:
    first(client_record, 3, 4, 3)
    measured(client_record, 5, 5, 5, days_ago=10)
    measured(client_record, 9, 9, 9, days_ago=2)
    today = clinic_today()
    found = change.of(client_record, today - timedelta(days=40), today - timedelta(days=5))
    assert (found.function_first, found.function_last) == (Decimal("3.3"), Decimal("5.0"))
    assert found.band == Band.SMALL
    found = change.of(client_record, today - timedelta(days=20), today - timedelta(days=10))
    assert (found.function_first, found.function_last, found.band) == (Decimal("5.0"), None, None)


def test_what_is_stopped_stays_measured(client_record: Client, client_user: User) -> None:
    first(client_record, 3, 3, 3)
    gone = selectors.asked(client_record)[0]
    services.end(actor=client_user, activity=gone)
    measured(client_record, 6, 6, Driving=2)
    history = selectors.history_of(client_record)
    assert len(history.lines) == 4
    assert history.last is not None
    assert history.last.moved is None  # two in common


@pytest.mark.parametrize(
    ("scores", "added", "error"),
    [
        ([3, 3, 3], {"A": 1, "B": 2, "C": 3}, errors.TooMany),
        ([3, 3, 3], {"carrying GROCERIES": 1}, errors.SameTwice),
        ([3, 3, 11], {}, errors.NothingScored),
        ([3, 3, -1], {}, errors.NothingScored),
    ],
)
def test_what_is_refused(
    client_record: Client, scores: list[int], added: dict[str, int], error: type[Exception]
) -> None:
    first(client_record, 3, 3, 3)
    with pytest.raises(error):
        measured(client_record, *scores, **added)
    assert FunctionMeasure.objects.count() == 1
    assert Activity.objects.count() == 3


def test_another_window_has_changed_the_list(client_record: Client, client_user: User) -> None:
    first(client_record, 3, 3, 3)
    asked = selectors.asked(client_record)
    services.end(actor=client_user, activity=asked[0])
    with pytest.raises(errors.ListChanged):
        services.measure(
            actor=client_user,
            client=client_record,
            scores={str(one.pk): 4 for one in asked},
            added=[],
            form_token=uuid4(),
        )


def filled(**more: Any) -> dict[str, Any]:
    return {
        "form_token": str(uuid4()),
        **{f"text-{place}": text for place, text in enumerate(WORDS)},
        **{f"new-{place}": str(place + 2) for place in range(3)},
        **more,
    }


def test_the_client_enters_it(as_client: Browser, client_record: Client) -> None:
    here = reverse("treatment:portal-function")
    assert here in as_client.get(reverse("treatment:portal-progress")).text
    sent = filled()
    for _twice in range(2):
        assert as_client.post(here, sent).status_code == 302
    measure = FunctionMeasure.objects.get()
    assert sorted(measure.scores.values()) == [2, 3, 4]
    again = {f"score-{one.pk}": "7" for one in selectors.asked(client_record)}
    again["form_token"] = str(uuid4())
    for _twice in range(2):
        assert as_client.post(here, again).status_code == 302
    assert FunctionMeasure.objects.count() == 2
    page = as_client.get(reverse("treatment:portal-progress")).text
    assert WORDS[0] in page
    assert "7.0" in page


def test_the_therapist_enters_it(
    as_therapist: Browser, client_record: Client, therapist: Therapist, therapist_user: User
) -> None:
    plain_visit(client_record)
    here = reverse("treatment:function", args=[client_record.pk])
    progress = reverse("treatment:progress", args=[client_record.pk])
    assert here in as_therapist.get(progress).text
    assert as_therapist.post(here, filled())["Location"] == progress
    assert FunctionMeasure.objects.get().by == therapist_user
    assert WORDS[0] in as_therapist.get(progress).text


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"new-1": ""}, "Choose a score for it."),
        ({"text-1": ""}, "Write what this score is about."),
        ({"new-1": "11"}, "11 is not one of the available choices"),
        ({"text-1": "x" * 121}, "at most 120"),
        ({"text-1": WORDS[0].upper()}, "on the list already"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    as_client: Browser, client_record: Client, more: dict[str, str], said: str
) -> None:
    answer = as_client.post(reverse("treatment:portal-function"), filled(**more))
    assert answer.status_code == 422
    assert said in answer.text
    assert WORDS[2] in answer.text
    assert not FunctionMeasure.objects.exists()


def test_each_asked_activity_needs_its_score(as_client: Browser, client_record: Client) -> None:
    first(client_record, 3, 3, 3)
    one, *_others = selectors.asked(client_record)
    here = reverse("treatment:portal-function")
    answer = as_client.post(here, {"form_token": str(uuid4()), f"score-{one.pk}": "5"})
    assert answer.text.count("Choose a score from 0 to 10.") >= 2
    assert FunctionMeasure.objects.count() == 1


def test_a_stranger_cannot_end_it(
    as_other: Browser, as_client: Browser, client_record: Client
) -> None:
    first(client_record, 3, 3, 3)
    one = selectors.asked(client_record)[0]
    there = reverse("treatment:portal-function-end", args=[one.pk])
    assert as_other.post(there).status_code == 404
    assert len(selectors.asked(client_record)) == 3
    assert as_client.post(there).status_code == 302
    assert len(selectors.asked(client_record)) == 2


def test_words_and_scores_are_not_in_the_open(client_record: Client) -> None:
    first(client_record, 3, 3, 3)
    with connection.cursor() as cursor:
        cursor.execute("SELECT text::text FROM treatment_activity")
        rows = str(cursor.fetchall())
        cursor.execute("SELECT scores::text FROM treatment_functionmeasure")
        rows += str(cursor.fetchall())
    assert WORDS[0].encode().hex() not in rows
    assert b'": 3'.hex() not in rows
    details = AuditEvent.objects.filter(action="function.measured").values_list("detail", flat=True)
    assert [sorted(one) for one in details] == [["activities", "added"]]


def test_it_is_theirs_to_take_along(client_record: Client) -> None:
    first(client_record, 3, 4, 5)
    (one,) = export._parts["activities"](client_record).data["measures"]
    assert one["scores"] == dict(zip(WORDS, (3, 4, 5), strict=True))


def test_the_line_keeps_to_its_frame() -> None:
    drawn = plot.of_means([Decimal("0.0"), None, Decimal("10.0")])
    assert drawn is not None
    (x0, low), (x2, high) = drawn.points
    assert (low, high) == (plot.HEIGHT - plot.BOTTOM, plot.TOP)
    assert plot.LEFT < x0 < x2 < plot.WIDTH
    assert plot.of_means([Decimal(3)]) is None
    assert plot.of_means([Decimal(3), None]) is None


def test_a_long_history_shows_its_first_and_its_last(
    client_record: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    first(client_record, 0, 0, 0, days_ago=20)
    for score in range(1, 9):
        measured(client_record, score, score, score, days_ago=20 - score)
    with django_assert_num_queries(2):
        history = selectors.history_of(client_record)
    assert [one.scores for one in history.lines] == [(0, 4, 5, 6, 7, 8)] * 3
