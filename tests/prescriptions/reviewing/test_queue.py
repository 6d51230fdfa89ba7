"""The queue: its order, who has what open, what waits for a visit, and how it holds at size."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.selectors import clinic_today
from prescriptions.models import Prescription
from prescriptions.reviewing import queue as needed
from prescriptions.reviewing import selectors, services
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User

QUEUE = reverse("prescriptions:queue")
HTMX = {"HX-Request": "true"}
MANY = 10_000


def at(name: str, prescription: Prescription) -> str:
    return reverse(f"prescriptions:{name}", args=[prescription.pk])


def in_days(days: int) -> date:
    return clinic_today() + timedelta(days=days)


def block(prescription: Prescription, days: int) -> None:
    Prescription.objects.filter(pk=prescription.pk).update(needed_on=in_days(days))


@pytest.fixture
def three(client_record: Client, other_client: Client, location: Location) -> list[Prescription]:
    """Oldest first; the second blocks a visit in five days, the third one in two."""
    found = [
        submitted_prescription(client_record),
        submitted_prescription(other_client),
        submitted_prescription(make_client("Ines", "Roy")),
    ]
    block(found[1], 5)
    block(found[2], 2)
    return found


def order_on(page: str, prescriptions: list[Prescription]) -> list[int]:
    places = [page.index(at("review", one)) for one in prescriptions]
    return [places.index(place) for place in sorted(places)]


def test_the_soonest_visit_comes_first_and_age_is_the_other_order(
    as_desk: Browser, three: list[Prescription]
) -> None:
    soonest = as_desk.get(QUEUE, headers=HTMX).text
    assert order_on(soonest, three) == [2, 1, 0]
    assert order_on(as_desk.get(QUEUE, {"order": "oldest"}, headers=HTMX).text, three) == [0, 1, 2]
    assert "needed for" in soonest
    assert "none waiting" in soonest


def test_the_table_alone_answers_who_has_what_open(
    as_desk: Browser, three: list[Prescription], manager_user: User
) -> None:
    services.claim(actor=manager_user, prescription=three[0])
    page = as_desk.get(QUEUE, headers=HTMX).text
    assert "<html" not in page
    assert 'hx-trigger="every 20s"' in page
    assert "has it open" in page
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert "has it open" not in as_desk.get(QUEUE, headers=HTMX).text


@pytest.mark.parametrize("query", [{"page": "x"}, {"page": "99"}, {"order": "\0"}, {"page": "-1"}])
def test_an_address_made_up_is_the_nearest_page_there_is(
    as_desk: Browser, three: list[Prescription], query: dict[str, str]
) -> None:
    page = as_desk.get(QUEUE, query)
    assert page.status_code == 200
    assert at("review", three[0]) in page.text


def test_a_visit_that_is_over_blocks_nothing(as_desk: Browser, three: list[Prescription]) -> None:
    for one in three:
        block(one, -1)
    assert "needed for" not in as_desk.get(QUEUE).text


def test_how_it_came_is_shown(as_desk: Browser, three: list[Prescription]) -> None:
    Prescription.objects.filter(pk=three[0].pk).update(source="prescriber")
    page = as_desk.get(QUEUE).text
    assert "Signed online by the prescriber" in page
    assert "Sent by the client" in page


def test_the_diary_names_the_visits_and_who_is_not_named_has_none(
    three: list[Prescription], client_record: Client, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=three[1], reason="illegible")
    assert needed.mark_needed({client_record.pk: in_days(3), three[1].client_id: in_days(5)}) == 2
    days = dict(Prescription.objects.values_list("pk", "needed_on"))
    assert days == {three[0].pk: in_days(3), three[1].pk: in_days(5), three[2].pk: None}
    assert needed.mark_needed({client_record.pk: in_days(3), three[1].client_id: in_days(5)}) == 0


def test_a_decided_one_blocks_nothing_and_is_not_marked_again(
    three: list[Prescription], desk_user: User
) -> None:
    services.reject(actor=desk_user, prescription=three[1], reason="other")
    three[1].refresh_from_db()
    assert three[1].needed_on is None
    assert needed.mark_needed({three[1].client_id: in_days(5)}) == 1  # only the third is undone
    three[1].refresh_from_db()
    assert three[1].needed_on is None


def test_put_back_frees_it_for_colleagues(
    as_desk: Browser, submitted: Prescription, desk_user: User, manager_user: User
) -> None:
    as_desk.get(at("review", submitted))
    assert not services.claim(actor=manager_user, prescription=submitted)
    assert as_desk.post(at("put-back", submitted))["Location"] == QUEUE
    submitted.refresh_from_db()
    assert (submitted.claimed_by, submitted.claimed_at) == (None, None)
    assert services.claim(actor=manager_user, prescription=submitted)


def test_put_back_leaves_alone_what_a_colleague_has_open(
    as_desk: Browser, submitted: Prescription, manager_user: User
) -> None:
    services.claim(actor=manager_user, prescription=submitted)
    as_desk.post(at("put-back", submitted))
    submitted.refresh_from_db()
    assert submitted.claimed_by == manager_user


def test_skipping_goes_through_the_whole_queue_and_round_again(
    as_desk: Browser, three: list[Prescription]
) -> None:
    seen = [three[2]]
    for following in (three[1], three[0], three[2]):
        answer = as_desk.post(at("put-back", seen[-1]), {"next": "yes"})
        assert answer["Location"] == at("review", following)
        seen.append(following)


def test_skipping_the_only_one_goes_back_to_the_queue(
    as_desk: Browser, submitted: Prescription
) -> None:
    assert as_desk.post(at("put-back", submitted), {"next": "yes"})["Location"] == QUEUE


def test_a_lapsed_claim_hides_nothing_from_the_next_reviewer(
    submitted: Prescription, desk_user: User, manager_user: User
) -> None:
    services.claim(actor=manager_user, prescription=submitted)
    assert selectors.next_to_review(desk_user) is None
    with time_machine.travel(timezone.now() + timedelta(minutes=15, seconds=1)):
        assert selectors.next_to_review(desk_user) == submitted


def test_what_runs_out_is_listed_until_a_newer_one_comes(
    as_desk: Browser, client_record: Client
) -> None:
    ending = approved_prescription(client_record, visits=2)
    assert at("review", ending) in as_desk.get(QUEUE).text
    panel = reverse("prescriptions:client-panel", args=[client_record.pk])
    assert "Renewal due" in as_desk.get(panel).text
    submitted_prescription(client_record)
    assert "Renewals due" not in as_desk.get(QUEUE).text
    assert "Renewal due" not in as_desk.get(panel).text


@pytest.fixture
def many(client_record: Client, location: Location) -> None:
    """Ten thousand to review, half of them blocking a visit, and some that need information."""
    document = submitted_prescription(client_record).document
    Prescription.objects.bulk_create(
        Prescription(
            client=client_record,
            document=document,
            status="needs_information" if number % 20 == 1 else "submitted",
            needed_on=in_days(number % 400) if number % 2 else None,
        )
        for number in range(MANY)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE prescriptions_prescription")


# Who asks and the place: 3. The queue: its length and a page. What waits for clients, with its
# decisions: 2, where there is any. What is due: 1.
PAGE_QUERIES = 9  # the last writes down whose notes were shown


def test_a_queue_of_five_is_read_in_so_many_queries(
    as_desk: Browser,
    client_record: Client,
    desk_user: User,
    location: Location,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    papers = [submitted_prescription(client_record) for _ in range(5)]
    services.ask_for_information(actor=desk_user, prescription=papers[0], reason="other")
    with django_assert_num_queries(PAGE_QUERIES):
        as_desk.get(QUEUE)


def test_ten_thousand_cost_no_query_more_and_are_read_from_an_index(
    many: None,  # takes a while, and who signed in before would be noted as still here
    as_desk: Browser,
    django_assert_num_queries: Callable[..., Any],
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for order, index in (
        (selectors.SOONEST, "prescription_by_visit"),
        (selectors.OLDEST, "prescription_queue"),
    ):
        for page in ("1", "190"):
            with django_assert_max_num_queries(PAGE_QUERIES):
                shown = as_desk.get(QUEUE, {"order": order, "page": page}).text
            assert shown.count('id="open-') == selectors.PER_PAGE
        assert index in selectors.queue(order)[: selectors.PER_PAGE].explain()
    # Marking what has not changed reads once and writes nothing; the transaction has two ends.
    Prescription.objects.update(needed_on=None)
    with django_assert_num_queries(3):
        assert needed.mark_needed({}) == 0
