"""Who did what, as managers search it and as clients see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse

from clinic.audit import services as audit
from clinic.models import AuditEvent, Payer
from clinic.people.details import services as details
from tests.clinic.merging import join
from tests.factories import PASSWORD, make_client, make_therapist

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, Therapist, User

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
    assert "Viewed the client&#x27;s record" in page.text
    assert client_record.name in page.text
    nobody = as_manager.get(RECORD, {"actor": str(desk_user.pk), "group": "money"})
    assert "No matching entries" in nobody.text


def test_looking_at_the_record_is_written_down(as_manager: Browser, location: Location) -> None:
    as_manager.get(RECORD)
    assert AuditEvent.objects.filter(action="audit.searched").count() == 1


def test_days_are_the_clinics_and_both_count(
    as_manager: Browser, opened: None, location: Location
) -> None:
    at = AuditEvent.objects.get(action="client.viewed").at.astimezone(location.zone).date()
    found = as_manager.get(RECORD, {"group": "views", "first": str(at), "last": str(at)})
    assert "Viewed the client" in found.text
    before = as_manager.get(RECORD, {"group": "views", "last": "2020-01-01"})
    assert "Viewed the client" not in before.text


def test_a_change_of_payer_or_therapist_shows_names(
    as_manager: Browser,
    desk_user: User,
    client_record: Client,
    therapist: Therapist,
    location: Location,
) -> None:
    payer = Payer.objects.create(name="Evergreen Auto")
    details.change_details(
        actor=desk_user, client=client_record, payer=payer, preferred_therapist=therapist
    )
    details.change_details(actor=desk_user, client=client_record, payer=None)
    page = as_manager.get(RECORD, {"client": str(client_record.pk)}).text
    assert "→ Evergreen Auto" in page
    assert "payer: Evergreen Auto →" in page
    assert f"→ {therapist.name}" in page
    assert str(payer.pk) not in page
    assert str(therapist.pk) not in page


def test_a_merge_shows_which_details_changed_with_names(
    as_manager: Browser, desk_user: User, client_record: Client, location: Location
) -> None:
    twin = make_client("Anna", "Lima", phone="+12125550199")
    twin.payer = Payer.objects.create(name="Evergreen Auto")
    twin.save()
    join(desk_user, client_record, twin, payer_id=twin)
    page = as_manager.get(RECORD, {"client": str(client_record.pk)}).text
    assert "→ Evergreen Auto" in page
    assert str(twin.payer.pk) not in page


def test_what_a_change_names_that_is_gone_keeps_its_id(
    as_manager: Browser, desk_user: User, client_record: Client, location: Location
) -> None:
    gone = str(uuid4())
    audit.turned(desk_user, "client.details_changed", client_record, payer=(gone, "not an id"))
    page = as_manager.get(RECORD, {"client": str(client_record.pk)}).text
    assert f"payer: {gone} → not an id" in page


def test_names_take_a_query_for_each_kind_however_many_changes(
    as_manager: Browser,
    desk_user: User,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    def change(count: int) -> None:
        for _number in range(count):
            made = Payer.objects.create(name=f"Payer {uuid4()}")
            who = make_therapist(f"Therapist {uuid4()}"[:40])
            change: dict[str, Any] = {
                "payer": (None, str(made.pk)),
                "preferred_therapist": (None, str(who.pk)),
            }
            audit.turned(desk_user, "client.details_changed", client_record, **change)

    change(1)
    as_manager.get(RECORD)
    with django_assert_max_num_queries(100) as one:
        as_manager.get(RECORD)
    change(8)
    with django_assert_max_num_queries(len(one.captured_queries)):
        as_manager.get(RECORD)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"first": "2026-02-02", "last": "2026-02-01"}, "The last day is before the first"),
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
    assert "Viewed the client" in page
    assert "June Ortiz" not in as_other.get(MINE).text
    assert "No one yet" in as_other.get(MINE).text


def test_what_the_client_did_is_no_news_to_the_client(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    audit.record(client_user, "intake.signed", client_record)
    assert "No one yet" in as_client.get(MINE).text


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
