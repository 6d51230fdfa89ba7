"""Phrases of one's own: nobody else's, in order, never too many, and a touch away in the note."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import Http404
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.models import AuditEvent, Role
from tests.factories import make_user
from tests.treatment.factories import finished_visit, hands_of
from treatment.models import Phrase
from treatment.notes import phrases
from treatment.notes.errors import NotForThisField, NothingSaid, PhraseTooLong, TooManyPhrases

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Therapist, User

pytestmark = pytest.mark.django_db
PAGE = "treatment:phrases"


@pytest.fixture
def author(therapist: Therapist) -> User:
    assert therapist.user is not None
    return therapist.user


def keep(actor: User, text: str, field: str = "findings") -> Phrase:
    return phrases.keep(actor=actor, field=field, text=text)


def texts(user: User, field: str = "findings") -> list[str]:
    return [one.text for one in phrases.of(user).get(field, [])]


def test_a_phrase_is_kept_once_at_the_end_of_its_field(author: User) -> None:
    first = keep(author, " Tender on both sides. \r\nTight ")
    assert first.text == "Tender on both sides. \nTight"
    assert keep(author, first.text).pk == first.pk
    keep(author, "Softer")
    keep(author, "Softer", "plan")
    assert texts(author) == [first.text, "Softer"]
    assert texts(author, "plan") == ["Softer"]
    assert AuditEvent.objects.filter(action="phrase.added").count() == 3


def test_what_is_no_phrase_is_refused(author: User) -> None:
    with pytest.raises(NothingSaid):
        keep(author, " \n ")
    with pytest.raises(PhraseTooLong):
        keep(author, "x" * 501)
    for field in ("pain_now", "relief", "unknown"):
        with pytest.raises(NotForThisField):
            keep(author, "7", field)
    keep(author, "x" * 500)
    assert Phrase.objects.count() == 1


def test_sixty_are_enough(author: User) -> None:
    Phrase.objects.bulk_create(
        Phrase(owner=author, field="plan", text=f"{number}", position=number)
        for number in range(phrases.MOST - 1)
    )
    last = keep(author, "The sixtieth")
    with pytest.raises(TooManyPhrases):
        keep(author, "One more")
    phrases.remove(actor=author, pk=str(last.pk))
    keep(author, "One more")
    keep(make_user("two@clinic.test", Role.THERAPIST), "Another's")
    assert Phrase.objects.count() == phrases.MOST + 1


def test_nobody_else_has_them(author: User, desk_user: User) -> None:
    mine = keep(author, "Mine")
    other = make_user("two@clinic.test", Role.THERAPIST)
    assert texts(other) == []
    for act in (phrases.remove, phrases.move_up):
        with pytest.raises(Http404):
            act(actor=other, pk=str(mine.pk))
    with pytest.raises(Http404):
        phrases.change(actor=other, pk=str(mine.pk), text="Theirs")
    with pytest.raises(PermissionDenied):
        keep(desk_user, "Of the desk")
    assert texts(author) == ["Mine"]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 3), max_size=6))
def test_moving_up_changes_the_order_and_nothing_else(moves: list[int]) -> None:
    author = make_user(f"{uuid4()}@clinic.test", Role.THERAPIST)
    made = [keep(author, word) for word in "abcd"]
    keep(author, "elsewhere", "plan")
    wanted = list("abcd")
    for move in moves:
        phrases.move_up(actor=author, pk=str(made[move].pk))
        place = wanted.index("abcd"[move])
        wanted.insert(max(0, place - 1), wanted.pop(place))
        assert texts(author) == wanted
    assert texts(author, "plan") == ["elsewhere"]


def test_the_words_do_not_stand_open(author: User) -> None:
    made = keep(author, "Tender on both sides")
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM treatment_phrase WHERE id = %s", [made.pk])
        assert b"Tender" not in b"".join(
            bytes(one) if isinstance(one, memoryview) else str(one).encode()
            for one in cursor.fetchone()
        )


def test_the_page_adds_changes_orders_and_removes(as_therapist: Browser, author: User) -> None:
    page = reverse(PAGE)

    def post(**data: str) -> int:
        return as_therapist.post(page, data).status_code

    assert post(do="add", field="findings", text="First") == 302
    assert post(do="add", field="findings", text="Second") == 302
    second = Phrase.objects.get(position=2)
    assert post(do="save", phrase=str(second.pk), text="Second, better") == 302
    assert post(do="up", phrase=str(second.pk)) == 302
    assert texts(author) == ["Second, better", "First"]
    text = as_therapist.get(page).text
    assert "No names: phrases are used for everyone." in text
    assert text.index("Second, better") < text.index("First")
    assert post(do="remove", phrase=str(second.pk)) == 302
    assert texts(author) == ["First"]


def test_what_was_typed_is_not_lost(as_therapist: Browser, author: User) -> None:
    one = keep(author, "First")
    long = "y" * 501
    for data in (
        {"do": "add", "field": "plan", "text": long},
        {"do": "save", "phrase": str(one.pk), "text": long},
    ):
        answer = as_therapist.post(reverse(PAGE), data)
        assert answer.status_code == 422
        assert long in answer.text
        assert "at most 500 characters" in answer.text
    assert texts(author) == ["First"]


def test_the_note_offers_ones_own_and_keeps_new_ones(
    as_therapist: Browser, as_manager: Browser, author: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    assert hands_of(visit.appointment) == author
    keep(author, "Tender on both sides")
    note = reverse("treatment:note", args=[visit.pk])
    assert "Tender on both sides" in as_therapist.get(note).text
    assert "Tender on both sides" not in as_manager.get(note).text
    address = reverse("treatment:phrase-keep")
    answer = as_therapist.post(address, {"field": "plan", "text": "Same next week"})
    assert answer.json() == {"message": "Kept as a phrase.", "text": "Same next week"}
    refused = as_therapist.post(address, {"field": "plan", "text": " "})
    assert refused.status_code == 422
    assert refused.json()["message"]
    assert texts(author, "plan") == ["Same next week"]
