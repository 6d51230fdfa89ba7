"""Joining two records at the desk: found, compared, joined, parted."""

from __future__ import annotations

import os
from datetime import date
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Client, ClientMerge, Guardian
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.clinic.merging import join
from tests.factories import make_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Location, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(location: Location) -> Client:
    return make_client("Anna", "Lima", phone="+12125550199", address="1 Main St")


def page_of(client: Client, other: Client) -> str:
    return reverse("merge", args=[client.pk, other.pk])


def chosen(kept: Client, **taken_from: Client) -> dict[str, str]:
    return {name: str(one.pk) for name, one in ({"kept": kept} | taken_from).items()}


def test_from_the_record_to_the_comparison_to_one_record_and_back(
    as_desk: Browser, client_record: Client, twin: Client
) -> None:
    mine = reverse("client-detail", args=[client_record.pk])
    theirs = reverse("client-detail", args=[twin.pk])
    compare = page_of(client_record, twin)
    assert compare in as_desk.get(mine).text
    shown = as_desk.get(compare).text
    assert client_record.email in shown
    assert twin.email in shown
    details = dict.fromkeys(("user_id", "email", "phone", "address"), twin)
    answer = as_desk.post(compare, chosen(client_record, **details))
    assert answer.headers["Location"] == mine
    client_record.refresh_from_db()
    assert (client_record.user, client_record.address) == (twin.user, "1 Main St")

    assert as_desk.get(theirs).headers["Location"] == mine
    made = ClientMerge.objects.get()
    undo = reverse("merge-detail", args=[made.pk])
    shown = as_desk.get(mine).text
    assert undo in shown
    assert "by June Ortiz" in shown
    assert "Undo the merge" in as_desk.get(undo).text
    assert as_desk.post(undo).headers["Location"] == theirs
    assert as_desk.get(theirs).status_code == 200
    assert undo not in as_desk.get(mine).text
    assert "two records again" in as_desk.get(undo).text
    assert as_desk.post(undo).headers["Location"] == undo


def test_the_other_record_may_be_the_one_that_is_kept(
    as_desk: Browser, client_record: Client, twin: Client
) -> None:
    details = dict.fromkeys(("user_id", "email", "phone", "address"), client_record)
    as_desk.post(page_of(client_record, twin), chosen(twin, **details))
    made = ClientMerge.objects.get()
    assert (made.kept, made.merged) == (twin, client_record)
    assert made.kept.user == client_record.user


def test_numbers_are_compared_with_their_extensions(
    as_desk: Browser, client_record: Client, twin: Client
) -> None:
    Client.objects.filter(pk__in=[client_record.pk, twin.pk]).update(phone="+12125550142")
    Client.objects.filter(pk=twin.pk).update(phone_extension="12")
    shown = as_desk.get(page_of(client_record, twin))
    assert "phone" in shown.context["form"].fields
    assert "phone_extension" not in shown.context["form"].fields
    assert "(212) 555-0142 ext. 12" in shown.text
    details = dict.fromkeys(("user_id", "email", "address"), client_record) | {"phone": twin}
    as_desk.post(page_of(client_record, twin), chosen(client_record, **details))
    client_record.refresh_from_db()
    assert client_record.phone_extension == "12"


def test_any_record_is_found_by_a_search(
    as_desk: Browser, client_record: Client, other_client: Client, location: Location
) -> None:
    find = reverse("merge-find", args=[client_record.pk])
    assert "Haddad" not in as_desk.get(find).text
    assert page_of(client_record, other_client) in as_desk.post(find, {"q": "Haddad"}).text
    assert page_of(client_record, client_record) not in as_desk.post(find, {"q": "Lima"}).text


def test_nothing_chosen_is_lost_when_it_is_refused(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    twin = make_client("Anna", "Lima", birth_date=date(1981, 12, 4), phone="+12125550199")
    details = dict.fromkeys(("user_id", "email", "phone"), twin)
    answer = as_desk.post(page_of(client_record, twin), chosen(twin, **details))
    assert answer.status_code == 422
    assert "Look at an ID first" in answer.text
    assert f'value="{twin.pk}"' in answer.text
    checked = chosen(twin, **details) | {"checked_id": "on"}
    assert as_desk.post(page_of(client_record, twin), checked).status_code == 302
    assert ClientMerge.objects.get().kept == twin


def test_who_else_gets_in_is_said_and_asked(
    as_desk: Browser, client_record: Client, twin: Client, other_user: User
) -> None:
    Guardian.objects.create(user=other_user, client=twin, relationship="parent")
    page = page_of(client_record, twin)
    assert "open the merged record? " + other_user.email in as_desk.get(page).text
    answers = chosen(client_record, user_id=twin, email=twin, phone=twin, address=twin)
    assert as_desk.post(page, answers).status_code == 422
    as_desk.post(page, answers | {"let_in": "yes"})
    assert client_record.guardians.get().user == other_user


def test_half_an_answer_and_somebody_elses_id_are_refused(
    as_desk: Browser, client_record: Client, twin: Client, other_client: Client
) -> None:
    assert as_desk.post(page_of(client_record, twin), {}).status_code == 422
    wrong = chosen(other_client, user_id=other_client)
    assert as_desk.post(page_of(client_record, twin), wrong).status_code == 422
    assert not ClientMerge.objects.exists()


def test_one_record_and_joined_ones_lead_back(
    as_desk: Browser, client_record: Client, twin: Client, desk_user: User
) -> None:
    mine = reverse("client-detail", args=[client_record.pk])
    assert as_desk.get(page_of(client_record, client_record)).headers["Location"] == mine
    join(desk_user, client_record, twin)
    answer = as_desk.post(page_of(client_record, twin), {}, follow=True)
    assert "already merged" in answer.text
    assert answer.redirect_chain == [(mine, 302)]


def test_both_records_count_as_opened(
    as_desk: Browser, client_record: Client, twin: Client
) -> None:
    as_desk.get(page_of(client_record, twin))
    opened = AuditEvent.objects.filter(action="client.viewed").values_list("client", flat=True)
    assert set(opened) == {client_record.pk, twin.pk}


def test_the_client_sees_who_opened_either_record(
    as_desk: Browser, as_client: Browser, client_record: Client, twin: Client, desk_user: User
) -> None:
    as_desk.get(reverse("client-detail", args=[twin.pk]))
    assert "Viewed the client" not in as_client.get("/portal/record/").text
    join(desk_user, client_record, twin)
    assert "Viewed the client" in as_client.get("/portal/record/").text


def test_the_other_login_finds_nothing_any_more(
    as_other: Browser,
    client_record: Client,
    other_client: Client,
    desk_user: User,
    location: Location,
) -> None:
    assert as_other.get("/portal/my-data/").status_code == 200
    join(desk_user, client_record, other_client)
    assert as_other.get("/portal/my-data/").status_code == 404
    assert "Haddad" not in as_other.get("/portal/").text


def test_the_comparison_takes_few_queries(
    as_desk: Browser,
    client_record: Client,
    twin: Client,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    with django_assert_max_num_queries(50):  # type: ignore[attr-defined]
        as_desk.get(page_of(client_record, twin))


@pytest.mark.django_db(transaction=True)
def test_the_pages_can_be_used_by_everybody(
    open_page: Callable[..., Page],
    as_desk: Browser,
    client_record: Client,
    location: Location,
    desk_user: User,
) -> None:
    twin = make_client("Anna", "Lima", birth_date=date(1981, 12, 4), address="1 Main St\nRhinebeck")
    Guardian.objects.create(user=desk_user, client=twin, relationship="parent")
    made = join(desk_user, make_client("Eve", "Low"), make_client("Eva", "Low"))
    found = []
    for name, path in {
        "merge-find": reverse("merge-find", args=[client_record.pk]),
        "merge": page_of(client_record, twin),
        "merge-detail": reverse("merge-detail", args=[made.pk]),
        "merged-client": reverse("client-detail", args=[made.kept_id]),
    }.items():
        page = open_page(path, as_=as_desk)
        for width in (PHONE, COMPUTER):
            for dark in (False, True):
                resize(page, width=width, dark=dark)
                found += [f"{name} {width}: {fault}" for fault in faults(page)]
            if folder := os.environ.get("SHOTS"):
                resize(page, width=width, dark=False)
                page.screenshot(path=f"{folder}/{name}-{width}.png", full_page=True)
    assert found == []
