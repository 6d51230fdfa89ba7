from __future__ import annotations

from datetime import date

import pytest

from clinic import access, people
from clinic.models import Client, Guardian, User

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
    eva = register(first="Eva", born=date(2012, 1, 5), relationship="parent")
    ana.refresh_from_db()
    assert ana.first_name == "Ana"
    assert eva.user is None
    assert set(access.clients_for(User.objects.get())) == {ana, eva}
    assert Guardian.objects.get().relationship == "parent"
    assert people.notify_address(eva) == "ana@example.test"


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
