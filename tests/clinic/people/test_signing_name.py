"""A typed signature is the signer's name, or it is asked about (B2)."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.models import Client, User
from clinic.people.signing_name import NotYourName, expect_own, matches


@pytest.mark.parametrize(
    ("typed", "first", "last"),
    [
        ("Ana Lima", "Ana", "Lima"),
        ("  ana   LIMA ", "Ana", "Lima"),
        ("Lima, Ana", "Ana", "Lima"),
        ("A. Lima", "Ana", "Lima"),
        ("Ana L.", "Ana", "Lima"),
        ("Ana Maria Lima", "Ana", "Lima"),
        ("Ana M Lima", "Ana", "Lima"),
        ("Ana Lima", "Ana Maria", "Lima"),
        ("Maria Lima", "Ana Maria", "Lima"),
        ("Nuria Garcia", "Núria", "García López"),
        ("Siobhan OBrien Smith", "Siobhán", "O\u2019Brien-Smith"),
        ("Siobhán O'Brien", "Siobhán", "O\u2019Brien-Smith"),
        ("Soren Ostergaard", "Søren", "Østergaard"),
        ("Rosa Cruz", "Rosa", "de la Cruz"),
        ("Sam Lee", "Sam", "Lee Jr."),
        ("小明", "明", "小"),
        ("Suharto", "Suharto", ""),
        ("AnaLima", "Ana", "Lima"),
    ],
)
def test_a_name_may_be_written_in_other_ways(typed: str, first: str, last: str) -> None:
    assert matches(typed, first, last)


@pytest.mark.parametrize(
    "typed",
    [
        "X",
        "x x",
        "Ana",
        "Lima",
        "A. L.",
        "A L",
        "Rui Lima",
        "Ana Costa",
        "...",
        "",
        "Anna Lima",
        "Anastasia Lima",
    ],
)
def test_another_name_is_not_it(typed: str) -> None:
    assert not matches(typed, "Ana", "Lima")


letters = st.text(
    st.characters(categories=["Lu", "Ll"], max_codepoint=0x24F), min_size=2, max_size=12
)


@given(letters, letters)
def test_everyone_can_sign_as_their_record_says(first: str, last: str) -> None:
    assert matches(f"{first} {last}", first, last)
    assert matches(f"{last}, {first}".upper(), first, last)


def expect(name: str, client: Client, signer: User | None, *, in_person: bool = False) -> str:
    """What is said; blank if it stands."""
    try:
        expect_own(name=name, client=client, signer=signer, in_person=in_person)
    except NotYourName as refusal:
        return str(refusal)
    return ""


@pytest.fixture
def child(db: None) -> Client:
    return Client.objects.create(first_name="Leo", last_name="Lima", birth_date=date(2015, 6, 1))


def test_a_client_signs_with_their_own_or_their_legal_name(client_record: Client) -> None:
    user = client_record.user
    said = "Type your name as it is on your record: Ana Lima"
    assert expect("X", client_record, user, in_person=True) == said
    assert expect("X", client_record, None, in_person=True) == said
    assert expect("Ana Lima", client_record, user, in_person=True) == ""
    client_record.legal_name = "Anastasia Costa Lima"
    assert expect("Anastasia Lima", client_record, user, in_person=True) == ""


def test_a_parent_with_a_record_signs_with_their_own_name(
    client_record: Client, child: Client
) -> None:
    said = "Type your own name as it is on your record: Ana Lima"
    assert expect("Leo Lima", child, client_record.user) == said
    assert expect("X", child, client_record.user) == said
    assert expect("Ana Lima", child, client_record.user) == ""


def test_a_parent_we_know_by_name_only(child: Client, client_user: User) -> None:
    client_user.display_name = "Maria Lima"
    assert "Maria Lima" in expect("Leo Lima", child, client_user)
    assert expect("M. Lima", child, client_user) == ""


@pytest.mark.parametrize("has_login", [True, False])
def test_of_a_parent_we_know_nothing_of_only_the_childs_name_is_refused(
    child: Client, client_user: User, has_login: bool
) -> None:
    signer = client_user if has_login else None
    assert expect("Leo Lima", child, signer) == "Type your own name. You sign for Leo."
    assert expect("L. Lima", child, signer) != ""
    assert expect("Maria Lima", child, signer) == ""


def test_a_father_may_have_the_name_of_his_son(child: Client, client_user: User) -> None:
    client_user.display_name = "Leo Lima"
    assert expect("Leo Lima", child, client_user) == ""
