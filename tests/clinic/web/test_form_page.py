"""A page with one form: what it shows, what it saves, and what two people at once get."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.db import connection
from django.http import HttpResponse
from django.test import RequestFactory

from clinic.errors import DomainError
from clinic.models import Technique, User
from clinic.web.form_page import ChangedSince, act, expect_version, form_page, version_of

if TYPE_CHECKING:
    from django.http import HttpRequest

# What every form begins with: the version and the errors stand in it.
TEMPLATE = "components/form_start.html"


class NameForm(forms.Form):
    name = forms.CharField(max_length=20)
    note = forms.CharField(required=False)


class Refused(DomainError):
    message = "Not like this."


class RefusedNote(Refused):
    field = "note"


def asking(method: str, data: dict[str, str] | None = None) -> HttpRequest:
    request: HttpRequest = getattr(RequestFactory(), method)("/", data or {})
    request.user = AnonymousUser()
    request._messages = CookieStorage(request)  # type: ignore[attr-defined]
    return request


def page(request: HttpRequest, save: Any, **options: Any) -> tuple[HttpResponse, NameForm]:
    form = NameForm(request.POST or None)
    return form_page(request, form, TEMPLATE, save, **options), form


def never(_typed: dict[str, Any]) -> str:
    raise AssertionError


def refuse(error: type[DomainError]) -> Any:
    def save(_typed: dict[str, Any]) -> str:
        raise error

    return save


def test_a_page_is_shown_and_nothing_is_saved() -> None:
    answer, form = page(asking("get"), never)
    assert answer.status_code == 200
    assert not form.is_bound


def test_what_is_typed_wrong_is_shown_and_not_saved() -> None:
    answer, form = page(asking("post", {"note": "kept"}), never)
    assert answer.status_code == 422
    assert form["note"].value() == "kept"
    assert "name" in form.errors


def test_saving_leads_to_a_page_an_address_or_a_whole_answer() -> None:
    saved: list[dict[str, Any]] = []

    def to(where: str | HttpResponse) -> HttpResponse:
        def save(typed: dict[str, Any]) -> str | HttpResponse:
            saved.append(typed)
            return where

        return page(asking("post", {"name": "Ana"}), save)[0]

    assert to("portal")["Location"] == "/portal/"
    assert to("/desk/clients/")["Location"] == "/desk/clients/"
    assert to(HttpResponse("done", status=202)).status_code == 202
    assert saved == [{"name": "Ana", "note": ""}] * 3


@pytest.mark.parametrize(
    ("error", "field", "place"),
    [
        (Refused, None, "__all__"),
        (Refused, "name", "name"),
        (Refused, "elsewhere", "__all__"),
        (RefusedNote, "name", "note"),
    ],
)
def test_a_refusal_stands_where_it_belongs(
    error: type[DomainError], field: str | None, place: str
) -> None:
    answer, form = page(asking("post", {"name": "Ana"}), refuse(error), field=field)
    assert answer.status_code == 422
    assert form.errors == {place: ["Not like this."]}


def test_only_a_refusal_is_caught() -> None:
    with pytest.raises(AssertionError):
        page(asking("post", {"name": "Ana"}), never)


def test_what_else_the_page_shows_is_read_only_when_it_is_shown() -> None:
    asked: list[str] = []

    def context() -> dict[str, Any]:
        asked.append("shown")
        return {"version": "from the page"}

    page(asking("post", {"name": "Ana"}), lambda _typed: "portal", context=context)
    assert asked == []
    answer, _form = page(asking("get"), never, context=context)
    assert asked == ["shown"]
    assert b"from the page" in answer.content


# ---- Rows that two people edit ----


@pytest.fixture
def row(db: None) -> Technique:
    return Technique.objects.create(name="Trigger point")


def rename(row: Technique) -> Any:
    def save(typed: dict[str, Any]) -> str:
        row.name = typed["name"]
        row.save()
        return "portal"

    return save


def test_a_page_carries_the_version_and_saves_what_it_showed(row: Technique) -> None:
    answer, _form = page(asking("get"), never, edits=row)
    assert version_of(row).encode() in answer.content
    posted = asking("post", {"name": "Stretching", "version": version_of(row)})
    assert page(posted, rename(row), edits=row)[0].status_code == 302
    row.refresh_from_db()
    assert row.name == "Stretching"


def test_the_second_of_two_is_told_and_may_then_save(row: Technique) -> None:
    shown = version_of(row)
    Technique.objects.get(pk=row.pk).save()
    answer, form = page(
        asking("post", {"name": "Mine", "version": shown}), rename(row), edits=row, field="name"
    )
    assert answer.status_code == 422
    assert form.errors == {"__all__": [str(ChangedSince.message)]}
    row.refresh_from_db()
    assert row.name == "Trigger point"
    assert version_of(row) != shown
    assert version_of(row).encode() in answer.content  # what is saved now was seen
    again = asking("post", {"name": "Mine", "version": version_of(row)})
    assert page(again, rename(row), edits=row)[0].status_code == 302


@pytest.mark.parametrize("shown", ["", "2026-01-01T00:00:00+00:00"])
def test_a_page_without_the_version_saves_nothing(row: Technique, shown: str) -> None:
    answer, _form = page(asking("post", {"name": "x", "version": shown}), never, edits=row)
    assert answer.status_code == 422


def test_what_is_refused_after_the_version_is_undone(row: Technique) -> None:
    def save(_typed: dict[str, Any]) -> str:
        Technique.objects.filter(pk=row.pk).update(name="Half done")
        raise Refused

    posted = asking("post", {"name": "x", "version": version_of(row)})
    assert page(posted, save, edits=row)[0].status_code == 422
    row.refresh_from_db()
    assert row.name == "Trigger point"


def test_a_login_changes_with_its_role_and_not_with_a_sign_in(db: None) -> None:
    user = User.objects.create_user("ana@example.test")
    before = version_of(user)
    user.last_login = user.date_joined
    user.set_password("another password")
    assert version_of(user) == before
    user.role = "biller"
    assert version_of(user) != before


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_saves_and_one_is_told() -> None:
    row = Technique.objects.create(name="Trigger point")
    shown, start = version_of(row), Barrier(2)

    def attempt(name: str) -> int:
        try:
            mine = Technique.objects.get(pk=row.pk)
            posted = asking("post", {"name": name, "version": shown})
            start.wait(timeout=5)
            return page(posted, rename(mine), edits=mine)[0].status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert sorted(pool.map(attempt, ["One", "Two"])) == [302, 422]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_both_save() -> None:
    """The control of the test above: comparing alone does not help."""
    row = Technique.objects.create(name="Trigger point")
    shown, compared = version_of(row), Barrier(2)

    def attempt(name: str) -> str:
        try:
            mine = Technique.objects.get(pk=row.pk)
            if version_of(mine) != shown:
                return "told"
            compared.wait(timeout=5)
            rename(mine)({"name": name})
            return "saved"
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=2) as pool:
        assert list(pool.map(attempt, ["One", "Two"])) == ["saved", "saved"]


def test_expecting_a_version_reads_the_row_again(row: Technique) -> None:
    shown = version_of(row)
    Technique.objects.get(pk=row.pk).save()
    with pytest.raises(ChangedSince):
        expect_version(row, shown)
    expect_version(row, version_of(row))


# ---- One button ----


def test_a_button_says_what_it_did() -> None:
    request = asking("post")
    assert act(request, lambda: None, "Done.")
    assert act(request, lambda: "Done so.", "Done.")
    assert act(request, lambda: None)
    assert act(request, lambda: 3, "Done too.")  # what a service returns is no sentence
    assert [str(one) for one in get_messages(request)] == ["Done.", "Done so.", "Done too."]


def test_a_button_that_is_refused_says_why() -> None:
    request = asking("post")

    def work() -> None:
        raise Refused

    assert not act(request, work, "Done.")
    [said] = get_messages(request)
    assert (said.level_tag, str(said)) == ("error", "Not like this.")
