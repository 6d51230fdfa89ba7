"""The desk finds people, however their names are written."""

# ruff: noqa: RUF001 - signs that look alike are what this is about
from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from clinic.models import Client
from clinic.people import search
from clinic.people.search import read, search_clients
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Collection
    from uuid import UUID

pytestmark = pytest.mark.django_db

PEOPLE = [
    ("Ana", "Lima"),
    ("Jan", "van der Berg"),
    ("Mary Ann", "Smith"),
    ("Rosa", "de la Cruz"),
    ("Núria", "García López"),
    ("Ana", "St. John"),
    ("Thị Hoa", "Nguyễn"),
    ("Siobhán", "O'Brien-Smith"),
    ("Søren", "Łukasz-Groß"),
]


def person(first: str, last: str, **fields: Any) -> Client:
    """Of whom no more is known than what a test is about."""
    fields = {"birth_date": date(1950, 2, 1), **fields}
    return Client.objects.create(first_name=first, last_name=last, **fields)


@pytest.fixture(autouse=True)
def people(db: None) -> None:
    for first, last in PEOPLE:
        person(first, last)


def names(words: str) -> list[str]:
    return [one.name for one in search_clients(words)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("Lima, Ana", "Ana Lima"),
        ("Ana Lima", "Ana Lima"),
        ("lima", "Ana Lima"),
        ("li an", "Ana Lima"),
        ("van der Berg", "Jan van der Berg"),
        ("Jan van der Berg", "Jan van der Berg"),
        ("van der Berg, Jan", "Jan van der Berg"),
        ("vanderberg", "Jan van der Berg"),
        ("Mary Ann Smith", "Mary Ann Smith"),
        ("smith ann mary", "Mary Ann Smith"),
        ("maryann", "Mary Ann Smith"),
        ("Rosa de la Cruz", "Rosa de la Cruz"),
        ("García López", "Núria García López"),
        ("garcia", "Núria García López"),
        ("nuria", "Núria García López"),
        ("lopez", "Núria García López"),
        ("St. John", "Ana St. John"),
        ("st john ana", "Ana St. John"),
        ("nguyen", "Thị Hoa Nguyễn"),
        ("NGUYỄN thi", "Thị Hoa Nguyễn"),
        ("O’Brien", "Siobhán O'Brien-Smith"),
        ("obrien", "Siobhán O'Brien-Smith"),
        ("O'Brien Smith", "Siobhán O'Brien-Smith"),
        ("brien-smith", "Siobhán O'Brien-Smith"),
        ("soren gross", "Søren Łukasz-Groß"),
        ("Lukasz", "Søren Łukasz-Groß"),
    ],
)
def test_a_name_is_found_however_it_is_typed(typed: str, found: str) -> None:
    assert names(typed) == [found]


def test_two_letters_begin_a_word_and_three_stand_anywhere() -> None:
    assert names("im") == []
    assert names("ima") == ["Ana Lima"]
    assert names("n") == []
    assert names("be") == ["Jan van der Berg"]
    assert names("a l") == ["Ana Lima"]


def test_those_whose_name_begins_so_come_first() -> None:
    person("Zoe", "Annan")
    person("Joanna", "Abel")
    assert names("ann") == ["Zoe Annan", "Mary Ann Smith", "Joanna Abel"]


@pytest.mark.parametrize(
    "typed",
    [
        "3/9/1968",
        "03-09-1968",
        "03.09.1968",
        "03 09 1968",
        "03091968",
        "1968-03-09",
        "19680309",
        "3/9/68",
        "Mar 9 1968",
        "March 9, 1968",
        "9 mar 1968",
        "Mar. 9th, 1968",
        "1968",
        "Doe 3/9/1968",
        "03/09/1968 jo",
    ],
)
def test_a_date_of_birth_as_people_write_it(typed: str) -> None:
    person("Jo", "Doe", birth_date=date(1968, 3, 9))
    assert names(typed) == ["Jo Doe"]


@pytest.mark.parametrize(
    "typed",
    [
        "(845) 555-0177",
        "845-555-0177",
        "845.555.0177",
        "845 555 0177",
        "8455550177",
        "+1 845 555 0177",
        "1-845-555-0177",
        "+18455550177",
        "555-0177",
        "0177",
        "845-555-0177 x12",
        "845-555-0177, ext. 12",
        "8455550177x12",
        "(845) 555-0177 #12",
        "Doe 555 0177",
    ],
)
def test_a_telephone_number_in_any_form(typed: str) -> None:
    person("Jo", "Doe", phone="+18455550177", phone_extension="12")
    assert names(typed) == ["Jo Doe"]


def test_addresses_and_the_legal_name() -> None:
    login = make_user("jo.login@gmail.example")
    person("Jo", "Doe", legal_name="Josephine Cardoso", email="Jo_Doe@mail.example", user=login)
    for typed in (
        "cardoso",
        "jo_doe@mail",
        "JO_DOE@MAIL.EXAMPLE",
        "jo.login@gmail.example",
        "login",
    ):
        assert names(typed) == ["Jo Doe"], typed
    # Whose mailbox is at gmail is not who is looked for.
    assert names("gmail") == []
    assert names("joxdoe@mail") == []
    login.email = "new@home.example"
    login.save()
    assert names("new@home") == ["Jo Doe"]
    assert names("jo.login@") == []


def test_what_is_changed_is_found_at_once() -> None:
    client = Client.objects.get(last_name="Lima")
    client.last_name = "Žižek"
    client.save(update_fields=["last_name"])
    assert names("zizek") == ["Ana Žižek"]
    assert names("lima") == []
    Client.objects.filter(pk=client.pk).update(last_name="Umlaut")
    assert names("umlaut") == ["Ana Umlaut"]


@pytest.mark.parametrize(
    "typed", ["%", "_", "\\", "100%", "'; --", "@", "a@%", "\x00", "(", "+", "  "]
)
def test_what_means_something_to_a_database_is_only_text(typed: str) -> None:
    assert "Ana Lima" not in names(typed) or not typed.strip()


def test_a_name_in_another_script_may_have_one_letter() -> None:
    person("伟", "李")
    assert names("李") == ["伟 李"]


def test_two_queries_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    lima = Client.objects.get(last_name="Lima")

    def numbers(text: str) -> Collection[UUID] | None:
        if not text.startswith("2026-"):
            return None
        return list(Client.objects.filter(pk=lima.pk, last_name=text).values_list("pk", flat=True))

    monkeypatch.setattr(search, "_numbers", [numbers])
    for words in (
        "a",
        "Ana",
        "Ana Lima 3/9/1968 845 555 0177 a@b",
        "",
        "x" * 300,
        "1 2 3 4 5 6 7 8",
        "2026-00001",
    ):
        with CaptureQueriesContext(connection) as seen:
            search_clients(words)
        assert len(seen) <= 2, words


def test_a_number_finds_whose_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    lima = Client.objects.get(last_name="Lima")
    monkeypatch.setattr(
        search, "_numbers", [lambda text: {lima.pk} if text == "2026-00001" else None]
    )
    assert names(" 2026-00001 ") == ["Ana Lima"]
    assert names("2026-00002") == []
    monkeypatch.setattr(search, "_numbers", [lambda _text: {uuid4()}])
    assert names("whoever") == []


def test_the_index_is_used() -> None:
    fits = search._words([" lima"]) & search._others(read("555 0177"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Client.everyone.filter(fits).order_by().explain()
    assert "client_searched" in plan


class Law(TestCase):
    """Any part of what people are called, in any order, finds them."""

    @settings(max_examples=60, deadline=None)
    @given(data=st.data())
    def test_parts_of_a_name_in_any_order(self, data: st.DataObject) -> None:
        letter = st.characters(whitelist_categories=["Lu", "Ll"], max_codepoint=0x17F)
        word = st.text(letter, min_size=3, max_size=9)
        first, last = (data.draw(st.lists(word, min_size=1, max_size=3)) for _ in range(2))
        mark = data.draw(st.sampled_from([" ", "-", "  "]))
        client = person(mark.join(first), " ".join(last))
        words = data.draw(st.permutations(first + last))
        typed = [one[: data.draw(st.integers(2, len(one)))] for one in words]
        text = data.draw(st.sampled_from([" ", ", ", "-"])).join(typed)
        assert client in search_clients(data.draw(st.sampled_from([text, text.upper()])))
