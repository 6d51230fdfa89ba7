from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from clinic import access
from clinic.models import Client, Guardian, User
from clinic.people import services as people

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location

pytestmark = pytest.mark.django_db
BORN = date(1981, 4, 12)


def register(
    email: str = "ana@example.test",
    first: str = "Ana",
    born: date = BORN,
    relationship: str = "",
) -> Client:
    return people.register_client(
        actor=None,
        email=email,
        first_name=first,
        last_name="Lima",
        birth_date=born,
        phone="+12125550142",
        relationship=relationship,
    )


def test_a_first_booking_makes_a_client_with_a_login_that_has_no_password() -> None:
    client = register("Ana@Example.test")
    assert client.user is not None
    assert client.user.email == "ana@example.test"
    assert not client.user.has_usable_password()


def test_the_same_person_is_found_again_whatever_the_case() -> None:
    assert register() == register("ANA@example.test", first="  ana ")
    assert Client.objects.count() == 1


def test_two_people_on_one_address_stay_two_people() -> None:
    ana = register()
    eva = people.register_client(
        actor=ana.user,
        email="ana@example.test",
        first_name="Eva",
        last_name="Lima",
        birth_date=date(2012, 1, 5),
        relationship="parent",
    )
    ana.refresh_from_db()
    assert ana.first_name == "Ana"
    assert eva.user is None
    assert set(access.clients_for(User.objects.get())) == {ana, eva}
    assert Guardian.objects.get().relationship == "parent"
    assert people.notify_address(eva) == "ana@example.test"


def test_a_stranger_cannot_put_a_person_into_somebodys_account(
    anonymous: Browser, as_client: Browser, client_record: Client, location: Location
) -> None:
    stranger = register(client_record.email, first="Mal")
    login = client_record.user
    assert login is not None
    assert set(access.clients_for(login)) == {client_record}
    page = as_client.get("/portal/").content.decode()
    assert "Do you look after Mal Lima?" in page

    guardian = Guardian.objects.get(client=stranger)
    path = f"/portal/people/{guardian.pk}/"
    assert anonymous.post(path, {"answer": "yes"}).status_code == 302
    assert set(access.clients_for(login)) == {client_record}
    as_client.post(path, {"answer": "yes"})
    assert set(access.clients_for(login)) == {client_record, stranger}
    assert as_client.post(path, {"answer": "no"}).status_code == 404


def test_the_owner_may_refuse_a_person_and_another_login_cannot_answer(
    as_client: Browser, as_other: Browser, client_record: Client, location: Location
) -> None:
    register(client_record.email, first="Mal")
    path = f"/portal/people/{Guardian.objects.get().pk}/"
    assert as_other.post(path, {"answer": "yes"}).status_code == 404
    assert Guardian.objects.get().confirmed_at is None
    as_client.post(path, {"answer": "no"})
    assert not Guardian.objects.exists()


def test_an_address_of_staff_takes_nobody_in_unasked(desk_user: User) -> None:
    register(desk_user.email)
    assert not access.clients_for(desk_user).exists()


@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_person() -> None:
    login = register().user
    start = Barrier(2)

    def again(_number: int) -> None:
        try:
            start.wait(timeout=5)
            register(first="Eva", born=date(2012, 1, 5), relationship="parent")
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(again, range(2)))
    assert login is not None
    assert Client.objects.filter(first_name="Eva").count() == 1


def test_a_name_typed_with_somebodys_address_does_not_change_them() -> None:
    ana = register()
    register(first="Mallory")
    ana.refresh_from_db()
    assert (ana.first_name, ana.phone.as_e164) == ("Ana", "+12125550142")
    assert Client.objects.count() == 2


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(1981, 4, 12), date(2026, 4, 11), 44),
        (date(1981, 4, 12), date(2026, 4, 12), 45),
    ],
)
def test_age_is_in_whole_years(born: date, day: date, age: int) -> None:
    assert Client(birth_date=born).age_on(day) == age
    assert Client(birth_date=born).is_minor_on(day) is (age < 18)
