"""Each look at a client's record is written down once, however the page is put together."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import time_machine
from django.core.cache import cache
from django.urls import reverse
from redis.exceptions import ConnectionError as RedisGone

from clinic.audit import chaining
from clinic.models import AuditEvent, Guardian
from tests.clinic.test_roles import (
    _afternoon,  # noqa: F401 - a fixture: three in the afternoon
    things,  # noqa: F401 - a fixture
)
from tests.conftest import browser_for
from tests.factories import make_client, make_user
from tests.intake.factories import answered_intake
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from django.test import Client as Browser

    from clinic.models import Client, Location, User

HTMX = {"HX-Request": "true"}
BY_ITSELF = HTMX | {"X-Background": "1"}
PANELS = [
    "billing:client-visits",
    "booking:waitlist-client-panel",
    "prescriptions:client-panel",
    "intake:client-panel",
    "billing:client-panel",
]
QUEUE, MINE = "/desk/prescriptions/", "/portal/record/"


def looks_at(client: Client) -> list[str]:
    found = AuditEvent.objects.filter(client=client, action__regex=r"\.(viewed|listed)$")
    return list(found.order_by("pk").values_list("action", flat=True))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel("2026-03-02 15:00-05:00", tick=False) as traveller:
        yield traveller


@pytest.mark.parametrize("headers", [HTMX, BY_ITSELF])
def test_the_parts_of_a_clients_page_are_one_look(
    as_desk: Browser, client_record: Client, location: Location, headers: dict[str, str]
) -> None:
    as_desk.get(reverse("client-detail", args=[client_record.pk]))
    for name in PANELS:
        as_desk.get(reverse(name, args=[client_record.pk]), headers=headers)
    assert looks_at(client_record) == ["client.viewed"]


@pytest.mark.parametrize("headers", [{}, HTMX, BY_ITSELF])
@pytest.mark.parametrize("name", PANELS)
def test_a_part_that_is_opened_by_itself_is_a_look(
    as_desk: Browser, client_record: Client, location: Location, name: str, headers: dict[str, str]
) -> None:
    """Also under headers that anybody can send: they excuse only what was opened before."""
    other = make_client("Rosa", "Low")
    as_desk.get(reverse("client-detail", args=[other.pk]))
    as_desk.get(reverse(name, args=[client_record.pk]), headers=headers)
    assert len(looks_at(client_record)) == 1


def test_a_part_opened_a_minute_later_is_a_look_and_what_asks_by_itself_never(
    as_desk: Browser,
    client_record: Client,
    location: Location,
    clock: time_machine.Traveller,
) -> None:
    panel = reverse("prescriptions:client-panel", args=[client_record.pk])
    as_desk.get(reverse("client-detail", args=[client_record.pk]))
    clock.shift(61)
    as_desk.get(panel, headers=BY_ITSELF)
    assert looks_at(client_record) == ["client.viewed"]
    as_desk.get(panel, headers=HTMX)
    assert looks_at(client_record) == ["client.viewed", "prescriptions.viewed"]


def test_what_one_session_opened_excuses_no_other(
    as_desk: Browser, desk_user: User, client_record: Client, location: Location
) -> None:
    as_desk.get(reverse("client-detail", args=[client_record.pk]))
    panel = reverse("intake:client-panel", args=[client_record.pk])
    browser_for(desk_user).get(panel, headers=BY_ITSELF)
    assert looks_at(client_record) == ["client.viewed", "intake.viewed"]


def test_the_parts_beside_the_board_are_one_look(
    as_desk: Browser,
    things: dict[str, Any],  # noqa: F811 - the fixture
    client_record: Client,
) -> None:
    before = looks_at(client_record)
    visit = [things["appointment_id"]]
    as_desk.get(reverse("booking:appointment", args=visit), headers=HTMX)
    for name in ("treatment:panel", "billing:panel"):
        as_desk.get(reverse(name, args=visit), headers=BY_ITSELF)
    assert looks_at(client_record) == [*before, "appointment.viewed"]
    as_desk.get(reverse("billing:panel", args=visit))
    assert looks_at(client_record)[-1] == "payment.viewed"


def test_without_a_cache_a_look_is_rather_written_twice_than_never(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    panel = reverse("prescriptions:client-panel", args=[client_record.pk])
    gone = patch("redis.connection.ConnectionPool.get_connection", side_effect=RedisGone)
    with gone:
        for _ in range(2):
            assert as_desk.get(panel, headers=BY_ITSELF).status_code == 200
    assert looks_at(client_record) == ["prescriptions.viewed"] * 2


# ---- Lists ----


def test_whom_the_queue_shows_is_written_once_an_hour_in_one_row_each(
    as_desk: Browser,
    client_record: Client,
    other_client: Client,
    location: Location,
    clock: time_machine.Traveller,
) -> None:
    for client in (client_record, client_record, other_client):
        submitted_prescription(client)
    for _ in range(3):
        as_desk.get(QUEUE)
    assert looks_at(client_record) == looks_at(other_client) == ["prescriptions.listed"]
    clock.shift(3601)
    as_desk.get(QUEUE)
    assert looks_at(client_record) == ["prescriptions.listed"] * 2


def test_a_list_that_asks_again_by_itself_tells_only_of_whom_it_shows_anew(
    as_desk: Browser, client_record: Client, other_client: Client, location: Location
) -> None:
    submitted_prescription(client_record)
    as_desk.get(QUEUE)
    submitted_prescription(other_client)
    for _ in range(2):
        as_desk.get(QUEUE, headers=BY_ITSELF)
        assert looks_at(client_record) == looks_at(other_client) == ["prescriptions.listed"]
    cache.clear()  # as in a session that never opened it
    as_desk.get(QUEUE, headers=BY_ITSELF)
    assert looks_at(other_client) == ["prescriptions.listed"] * 2


def test_a_list_costs_one_query_more_whatever_its_length(
    as_desk: Browser, location: Location, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(3):
        submitted_prescription(make_client("Ana", f"Low {number}"))
    as_desk.get(QUEUE)
    with django_assert_num_queries(7):
        as_desk.get(QUEUE)
    for number in range(9):
        submitted_prescription(make_client("Ana", f"High {number}"))
    with django_assert_num_queries(8):
        as_desk.get(QUEUE)
    assert AuditEvent.objects.filter(action="prescriptions.listed").count() == 12
    chaining.extend_chain()
    assert list(chaining.verify()) == []


def test_renewals_are_listed_without_a_diagnosis(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    approved_prescription(client_record, visits=2)
    page = as_desk.get(QUEUE).text
    assert "Renewals due" in page
    assert "M54" not in page
    assert "prescriptions.listed" in looks_at(client_record)


@pytest.mark.usefixtures("location")
def test_whom_the_questionnaires_list_shows_is_written_down(
    as_desk: Browser, client_record: Client
) -> None:
    answered_intake(client_record, emergency_signs=["chest_pain"])
    page = as_desk.get("/desk/intake/")
    assert client_record.name in page.text
    assert looks_at(client_record)[-1] == "intake.listed"


# ---- The client's own pages, and who else acts for them ----


@pytest.fixture
def as_parent(client_record: Client) -> Browser:
    parent = make_user("mara@example.test")
    Guardian.objects.create(user=parent, client=client_record, relationship="parent")
    Guardian.objects.update(confirmed_at=client_record.created_at)
    return browser_for(parent)


def test_a_guardian_reads_nothing_without_a_trace_and_the_client_sees_it(
    as_client: Browser,
    as_parent: Browser,
    client_record: Client,
    location: Location,
) -> None:
    paper = approved_prescription(client_record)
    response = answered_intake(client_record)
    for url in (
        "/portal/",
        reverse("prescriptions:list"),
        reverse("prescriptions:detail", args=[paper.pk]),
        reverse("intake:section", args=[response.pk, response.section]),
        reverse("intake:review", args=[response.pk]),
    ):
        assert as_parent.get(url).status_code == 200
        assert as_parent.get(url).status_code == 200  # again, within the minute
    assert looks_at(client_record) == [
        "client.viewed",
        "prescriptions.viewed",
        "prescription.viewed",
        "questionnaireresponse.viewed",
    ]
    page = as_client.get(MINE).text
    assert "Viewed the health questionnaire" in page
    assert "Parent, m…@example.test" in page
    assert "mara@" not in page
    assert "m…@" not in as_parent.get(MINE).text


def test_what_a_guardian_did_who_acts_no_longer_is_shown_still(
    as_client: Browser, as_parent: Browser, client_record: Client, location: Location
) -> None:
    as_parent.get("/portal/")
    Guardian.objects.all().delete()
    assert "Used to act for you, m…@example.test" in as_client.get(MINE).text


def test_ones_own_looks_do_not_fill_the_list(
    as_client: Browser, as_parent: Browser, client_record: Client, location: Location
) -> None:
    as_client.get("/portal/")
    as_client.get(reverse("prescriptions:list"))
    assert len(looks_at(client_record)) == 2
    assert "No one yet" in as_client.get(MINE).text
    assert "No one yet" in as_parent.get(MINE).text  # what the client did is none of theirs


def test_a_form_sent_with_a_fault_shows_the_answers_too(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    response = answered_intake(client_record)
    answer = as_client.post(reverse("intake:review", args=[response.pk]), {})
    assert answer.status_code == 422
    assert looks_at(client_record) == ["questionnaireresponse.viewed"]


def test_waiting_for_the_pdf_of_a_receipt_is_one_look(
    as_client: Browser,
    things: dict[str, Any],  # noqa: F811 - the fixture
    client_record: Client,
) -> None:
    url = reverse("billing:receipt", args=[things["receipt_id"]])
    as_client.get(url)
    for _ in range(3):
        as_client.get(url, headers=BY_ITSELF)
    assert looks_at(client_record).count("receipt.viewed") == 1


# ---- Links that lead nowhere ----


@pytest.mark.parametrize("who", ["as_desk", "as_therapist", "as_biller", "as_manager"])
def test_pages_offer_only_links_that_their_reader_may_open(
    request: pytest.FixtureRequest,
    things: dict[str, Any],  # noqa: F811 - the fixture
    client_record: Client,
    who: str,
) -> None:
    browser: Browser = request.getfixturevalue(who)
    offered = {
        reverse("client-detail", args=[client_record.pk]): [
            reverse("disclosure-list", args=[client_record.pk])
        ],
        reverse("billing:panel", args=[things["appointment_id"]]): [
            reverse("billing:desk-receipt", args=[things["receipt_id"]])
        ],
        reverse("billing:client-panel", args=[client_record.pk]): [
            reverse("billing:desk-receipt", args=[things["receipt_id"]]),
            reverse("billing:receipt", args=[things["receipt_id"]]),
        ],
    }
    for page, links in offered.items():
        text = browser.get(page).text
        for link in links:
            assert browser.get(link).status_code == 200 or f'"{link}"' not in text, (page, link)
