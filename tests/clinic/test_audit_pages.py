"""Who did what, as managers search it and as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic import audit
from clinic.models import AuditEvent
from tests.factories import PASSWORD

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db
RECORD, MINE = "/desk/record/", "/portal/record/"


@pytest.fixture
def opened(as_desk: Browser, client_record: Client, location: Location) -> None:
    as_desk.get(reverse("client-detail", args=[client_record.pk]))


def test_a_manager_finds_who_opened_a_record(
    as_manager: Browser, opened: None, client_record: Client, desk_user: User
) -> None:
    page = as_manager.get(RECORD, {"client": str(client_record.pk), "group": "views"})
    assert page.status_code == 200
    assert "June Ortiz" in page.text
    assert "Opened the client&#x27;s record" in page.text
    assert client_record.name in page.text
    nobody = as_manager.get(RECORD, {"actor": str(desk_user.pk), "group": "money"})
    assert "Nothing like that is written down" in nobody.text


def test_looking_at_the_record_is_written_down(as_manager: Browser, location: Location) -> None:
    as_manager.get(RECORD)
    assert AuditEvent.objects.filter(action="audit.searched").count() == 1


def test_days_are_the_clinics_and_both_count(
    as_manager: Browser, opened: None, location: Location
) -> None:
    at = AuditEvent.objects.get(action="client.viewed").at.astimezone(location.zone).date()
    found = as_manager.get(RECORD, {"group": "views", "first": str(at), "last": str(at)})
    assert "Opened the client" in found.text
    before = as_manager.get(RECORD, {"group": "views", "last": "2020-01-01"})
    assert "Opened the client" not in before.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "2026-02-02", "last": "2026-02-01"}, "The last day comes before the first"),
        ({"first": "nonsense"}, "Enter a valid date"),
        ({"actor": "nonsense"}, "is not a valid"),
        ({"last": "9999-12-31"}, "Check the year"),
    ],
)
def test_a_search_that_makes_no_sense_is_explained_and_kept(
    as_manager: Browser, location: Location, asked: dict[str, str], said: str
) -> None:
    page = as_manager.get(RECORD, asked)
    assert page.status_code == 422
    assert said in page.text


def test_a_long_record_is_read_page_by_page_at_the_same_cost(
    as_manager: Browser,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(120):
        audit.record(None, "client.tested", client_record, number=number)
    with django_assert_max_num_queries(9):
        page = as_manager.get(RECORD, {"client": str(client_record.pk)})
    assert page.text.count("client: tested") == 50
    older = as_manager.get(
        RECORD, {"client": str(client_record.pk), "before": page.context["more"]}
    )
    assert older.text.count("client: tested") == 50
    assert as_manager.get(RECORD, {"before": "x" * 40}).status_code == 200


def test_a_client_sees_who_opened_the_record_and_nobody_elses(
    as_client: Browser, as_other: Browser, opened: None, location: Location
) -> None:
    page = as_client.get(MINE).text
    assert "June Ortiz, Front desk" in page
    assert "Opened the client" in page
    assert "June Ortiz" not in as_other.get(MINE).text
    assert "Nobody yet" in as_other.get(MINE).text


def test_what_the_client_did_is_no_news_to_the_client(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    audit.record(client_user, "intake.signed", client_record)
    assert "Nobody yet" in as_client.get(MINE).text


def test_sign_ins_and_failed_tries_are_written_down_without_what_was_typed(
    anonymous: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    login = "/accounts/login/"
    anonymous.post(login, {"login": client_user.email, "password": "not it"})
    anonymous.post(login, {"login": "nobody@example.test", "password": "not it"})
    anonymous.post(login, {"login": client_user.email, "password": PASSWORD})
    told = list(
        AuditEvent.objects.filter(action__startswith="signin")
        .order_by("pk")
        .values_list("action", "object_id", "detail")
    )
    assert told == [
        ("signin.failed", str(client_user.pk), {}),
        ("signin.failed", "", {}),
        ("signin.succeeded", str(client_user.pk), {}),
    ]


def test_a_change_keeps_what_was_before_and_after(client_record: Client, desk_user: User) -> None:
    before = audit.snapshot(client_record, ["first_name", "payer"])
    audit.changed(desk_user, "client.changed", client_record, before)
    assert not AuditEvent.objects.exists()  # nothing changed
    client_record.first_name = "Anna"
    audit.changed(desk_user, "client.changed", client_record, before)
    assert AuditEvent.objects.get().detail == {
        "changes": {"first_name": {"before": "Ana", "after": "Anna"}}
    }
