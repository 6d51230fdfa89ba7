"""A new record at the desk: a name and a date of birth or a telephone, and nobody twice unseen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.errors import DomainError
from clinic.models import AuditEvent, Client, Guardian, Message, Payer, User
from clinic.people import adding
from clinic.people import services as people
from tests.factories import make_client, make_user

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.usefixtures("location")
NEW, WHO = "/desk/clients/new/", "/desk/book/"
RUTH: dict[str, Any] = {"first_name": "Ruth", "last_name": "Adeyemi", "phone": "+18455550147"}


def test_a_caller_needs_no_email_and_has_no_login(desk_user: User) -> None:
    before = User.objects.count()
    made = adding.add(actor=desk_user, **RUTH)
    assert (made.user, made.email, made.birth_date) == (None, "", None)
    assert User.objects.count() == before
    assert people.notify_address(made) == ""
    assert AuditEvent.objects.filter(action="client.registered", client=made).count() == 1


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"first_name": "Ruth", "last_name": "Adeyemi"}, adding.WhoIsIt),
        ({**RUTH, "first_name": " - ", "last_name": "."}, DomainError),
    ],
)
def test_what_is_too_little_makes_no_record(
    desk_user: User, fields: dict[str, Any], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal):
        adding.add(actor=desk_user, **fields)
    assert not Client.objects.exists()


def test_one_name_is_a_name(desk_user: User) -> None:
    made = adding.add(actor=desk_user, **{**RUTH, "first_name": "", "last_name": " Suharto "})
    assert (made.first_name, made.last_name, made.name) == ("Suharto", "", "Suharto")


@pytest.mark.parametrize(
    ("known", "typed", "why"),
    [
        ({"born": "1981-04-12"}, {"birth_date": date(1981, 4, 12)}, "Same date of birth"),
        ({"born": None}, {"phone": "+12125550142"}, "Same telephone, similar"),
        ({"born": None}, {"birth_date": date(1981, 4, 12)}, "Same name"),
        ({"born": "1981-04-12"}, {"phone": "+18455550147"}, "Same name"),
        (
            {"born": "1955-01-01"},
            {"birth_date": date(1981, 4, 12), "phone": "+12125550142"},
            "Same telephone",
        ),
    ],
)
def test_whoever_may_be_known_is_shown_first(
    desk_user: User, known: dict[str, Any], typed: dict[str, Any], why: str
) -> None:
    there = make_client(birth_date=known["born"])
    there.refresh_from_db()
    name: dict[str, Any] = {"first_name": "Ana", "last_name": "Lima"}
    with pytest.raises(adding.PerhapsKnown) as refusal:
        adding.add(actor=desk_user, **name, **typed)
    assert [one.client for one in refusal.value.found] == [there]
    assert str(refusal.value.found[0].why).startswith(why)
    made = adding.add(actor=desk_user, seen={there.pk}, **name, **typed)
    assert made != there


def test_a_namesake_with_another_date_of_birth_is_somebody_else(desk_user: User) -> None:
    make_client(birth_date=date(1955, 1, 1))
    adding.add(actor=desk_user, first_name="Ana", last_name="Lima", birth_date=date(1981, 4, 12))


def test_the_same_words_again_are_a_second_click_and_later_a_question(desk_user: User) -> None:
    made = adding.add(actor=desk_user, **RUTH)
    assert adding.add(actor=desk_user, **RUTH) == made
    with pytest.raises(adding.PerhapsKnown):  # something else was typed: it is not dropped
        adding.add(actor=desk_user, **RUTH, email="ruth@example.test")
    Client.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    with pytest.raises(adding.PerhapsKnown):
        adding.add(actor=desk_user, **RUTH)


@pytest.mark.django_db(transaction=True)
def test_two_who_add_the_same_caller_at_once_make_one_record(desk_user: User) -> None:
    barrier = Barrier(2)

    def add() -> Client:
        barrier.wait()
        try:
            return adding.add(actor=desk_user, **RUTH)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        made = [task.result() for task in [pool.submit(add), pool.submit(add)]]
    assert made[0] == made[1]
    assert Client.objects.count() == 1


def test_a_childs_email_is_somebodys(desk_user: User) -> None:
    leo: dict[str, Any] = {"first_name": "Leo", "last_name": "Lima", "birth_date": date(2018, 6, 1)}
    with pytest.raises(adding.WhoseEmail):
        adding.add(actor=desk_user, email="mia@example.test", **leo)
    assert not User.objects.filter(email="mia@example.test").exists()
    made = adding.add(actor=desk_user, email="mia@example.test", relationship="parent", **leo)
    assert made.user is None
    assert Guardian.objects.get(client=made).user.email == "mia@example.test"
    assert adding.add(actor=desk_user, **leo, seen={made.pk}) != made  # without one: may be


def test_only_the_desk_adds(therapist_user: User, client_user: User) -> None:
    for actor in (therapist_user, client_user):
        with pytest.raises(PermissionDenied):
            adding.add(actor=actor, **RUTH)


# ---- The pages ----


def test_a_whole_record_is_added_without_a_booking(as_desk: Browser) -> None:
    payer = Payer.objects.create(name="County Comp", kind=Payer.Kind.WORKERS_COMP)
    assert as_desk.get(NEW).status_code == 200
    answer = as_desk.post(
        NEW,
        {
            "name": "de la Cruz, Ana",
            "birth_date": "04121981",
            "phone": "845-555-0147 x3",
            "pronouns": "she/her",
            "payer": str(payer.pk),
            "member_number": "WC-77",
            "address": "8 Elm Ct\nBeacon, NY 12508",
            "note": "Hard of hearing.",
        },
    )
    made = Client.objects.get()
    assert answer["Location"] == reverse("client-detail", args=[made.pk])
    assert (made.first_name, made.last_name) == ("Ana", "de la Cruz")
    assert (made.phone.as_e164, made.phone_extension) == ("+18455550147", "3")
    assert (made.payer, made.member_number, made.note) == (payer, "WC-77", "Hard of hearing.")
    assert (made.pronouns, made.address) == ("she/her", "8 Elm Ct\nBeacon, NY 12508")


def test_nothing_typed_is_lost_when_something_is_missing(as_desk: Browser) -> None:
    answer = as_desk.post(NEW, {"name": "Ruth Adeyemi", "note": "Calls back at five."})
    assert answer.status_code == 422
    assert 'value="Ruth Adeyemi"' in answer.text
    assert "Calls back at five." in answer.text
    assert "One of the two is enough." in answer.text
    assert not Client.objects.exists()


def test_the_corrected_parts_of_a_name_win(as_desk: Browser) -> None:
    typed = {"name": "Ana Maria Lima", "first_name": "Ana", "last_name": "Maria Lima"}
    as_desk.post(NEW, {**typed, "phone": "8455550147"})
    assert Client.objects.get().last_name == "Maria Lima"


@pytest.mark.parametrize("page", [NEW, WHO])
def test_a_known_person_is_offered_and_a_new_one_can_be_added_anyway(
    as_desk: Browser, client_record: Client, page: str
) -> None:
    typed = {"name": "Ana Lima", "birth_date": "04/12/1981", "email": "other@example.test"}
    answer = as_desk.post(page, typed)
    assert answer.status_code == 422
    where = reverse("client-detail", args=[client_record.pk])
    if page == WHO:
        where = reverse("booking:desk-what", args=[client_record.pk])
    assert f'href="{where}"' in answer.text
    assert 'value="other@example.test"' in answer.text
    assert Client.objects.count() == 1
    as_desk.post(page, {**typed, "seen": f"{client_record.pk} "})
    assert Client.objects.count() == 2


def test_while_one_types_the_page_says_how_a_name_is_read_and_who_is_known(
    as_desk: Browser, client_record: Client
) -> None:
    typed = {"preview": "1", "name": "Ana Lima", "phone": "(212) 555-0142"}
    for page in (NEW, WHO):
        shown = as_desk.post(page, typed)
        assert shown.status_code == 200
        assert "First name <b>Ana</b>, last name <b>Lima</b>" in shown.text
        assert "There may already be a record" in shown.text
        family = as_desk.post(page, {**typed, "name": "Omar Haddad"}).text
        assert "Same telephone" in family
        assert as_desk.post(page, {"preview": "1", "name": ""}).status_code == 200
    assert Client.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Ruth Adeyemi", 'value="Ruth Adeyemi"'),
        ("845 555 0147", 'value="(845) 555-0147"'),
        ("ruth@example.test", 'value="ruth@example.test"'),
        ("04/12/1981", 'value="04/12/1981"'),
    ],
)
def test_what_was_searched_for_is_already_there(as_desk: Browser, words: str, shown: str) -> None:
    page = as_desk.post(NEW, {"q": words})
    assert page.status_code == 200
    assert shown in page.text


def test_a_caller_is_booked_with_a_name_and_a_telephone(as_desk: Browser) -> None:
    carried = "?option=1b4e28ba-2fa1-11d2-883f-0016d3cca427&day=2026-12-01"
    answer = as_desk.post(WHO + carried, {"name": "Ruth Adeyemi", "phone": "845 555 0147"})
    made = Client.objects.get()
    assert answer["Location"] == reverse("booking:desk-what", args=[made.pk]) + carried
    assert not Message.objects.exists()


def test_a_childs_email_is_asked_about_where_one_books(as_desk: Browser) -> None:
    typed = {"name": "Leo Lima", "birth_date": "06/01/2018", "email": "mia@example.test"}
    answer = as_desk.post(WHO, typed)
    assert answer.status_code == 422
    assert "Whose e-mail is it?" in answer.text
    as_desk.post(WHO, {**typed, "relationship": "parent"})
    assert Client.objects.get().guardians.count() == 1


def test_a_second_person_on_one_login_is_looked_after_by_its_owner(desk_user: User) -> None:
    user = make_user("mia@example.test")
    make_client("Mia", "Lima", user=user, birth_date=date(1985, 1, 1))
    made = adding.add(actor=desk_user, email="mia@example.test", **RUTH)
    assert made.user is None
    assert people.notify_address(made) == "mia@example.test"
