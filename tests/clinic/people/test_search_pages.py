"""The search at the desk: what is found, what may be added, and what never stands in an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.models import Client
from tests.factories import make_client

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, Therapist

pytestmark = pytest.mark.django_db

LIVE = {"HX-Request": "true"}
SEARCH = "/desk/clients/"


@pytest.fixture(autouse=True)
def lima(location: Location) -> Client:
    return Client.objects.create(
        first_name="Ana",
        last_name="Lima",
        birth_date="1981-04-12",
        phone="+12125550142",
        phone_extension="89",
    )


def test_a_word_finds_the_telephone_number(as_desk: Browser) -> None:
    found = as_desk.post(SEARCH, {"q": "Lima, Ana"})
    assert "(212) 555-0142 ext. 89" in found.text
    assert "Apr 12, 1981" in found.text
    assert "Add this person" not in found.text


def test_whoever_is_not_found_is_added_with_what_was_typed(as_desk: Browser) -> None:
    missing = as_desk.post(SEARCH, {"q": "Mary Ann O'Hara"})
    assert "Add this person" in missing.text
    assert f'action="{reverse("client-add")}"' in missing.text
    assert 'name="q" value="Mary Ann O&#x27;Hara"' in missing.text
    assert "?q=" not in missing.text
    form = as_desk.post(reverse("client-add"), {"q": "Mary Ann O'Hara"})
    assert form.status_code == 200
    assert "Mary Ann O&#x27;Hara" in form.text


def test_who_may_not_add_is_not_offered_it(as_therapist: Browser, therapist: Therapist) -> None:
    missing = as_therapist.post(SEARCH, {"q": "Nobody"})
    assert missing.status_code == 200
    assert "Add this person" not in missing.text


def test_a_therapist_finds_only_whom_they_may_see(
    as_therapist: Browser, therapist: Therapist
) -> None:
    assert "0142" not in as_therapist.post(SEARCH, {"q": "Lima"}).text


@pytest.mark.parametrize("name", ["booking:desk-who", "booking:desk-waitlist-find"])
def test_other_places_find_and_show_the_same(as_desk: Browser, name: str) -> None:
    found = as_desk.post(reverse(name), {"q": "2125550142", "find": "1"})
    assert "Ana Lima" in found.text
    assert "(212) 555-0142 ext. 89" in found.text


def test_a_bar_on_every_page_of_the_desk_asks_by_post(as_desk: Browser) -> None:
    page = as_desk.get(reverse("booking:desk-waitlist")).text
    form = page[page.index('class="bar-search"') :]
    assert 'method="post"' in form[:200]
    assert "data-search" in form[: form.index("</form>")]


def test_the_page_of_clients_answers_live_with_the_part_that_changes(as_desk: Browser) -> None:
    for number in range(7):
        make_client(f"Bea{number}", "Crowd")
    found = as_desk.post(SEARCH, {"q": "crowd"}, headers=LIVE).text
    assert "<html" not in found
    assert found.count("Crowd, Bea") == 6
    assert 'form="find-client"' in found
    whole = as_desk.post(SEARCH, {"q": "crowd"}).text
    assert whole.count("Crowd, Bea") == 7
    assert 'id="find-client"' in whole
    assert "Show everyone found" not in whole


def test_the_bar_finds_while_one_types(as_desk: Browser) -> None:
    found = as_desk.post(SEARCH, {"q": "lima", "bar": "1"}, headers=LIVE).text
    assert "<html" not in found
    assert "Ana Lima" in found
    assert 'href="tel:' in found
    assert (
        "No one found" in as_desk.post(SEARCH, {"q": "Nobody here", "bar": "1"}, headers=LIVE).text
    )
    assert as_desk.post(SEARCH, {"q": "", "bar": "1"}, headers=LIVE).text.strip() == ""


def test_the_bar_shows_a_few_and_leads_to_the_rest(as_desk: Browser) -> None:
    for number in range(7):
        make_client(f"Bea{number}", "Crowd")
    found = as_desk.post(SEARCH, {"q": "crowd", "bar": "1"}, headers=LIVE).text
    assert found.count("Crowd</b>") == 6
    assert "Show everyone found" in found


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ("Walter Boyd", 'data-name="Walter Boyd"'),
        ("212 555 0147", 'data-phone="(212) 555-0147"'),
        ("04/12/1981", 'data-birth_date="04/12/1981"'),
        ("walter@example.test", 'data-email="walter@example.test"'),
    ],
)
def test_what_was_looked_for_is_there_for_somebody_new(
    as_desk: Browser, words: str, field: str
) -> None:
    page = as_desk.post(reverse("booking:desk-who"), {"q": words, "find": "1"}).text
    assert field in page
    # Without scripts it is in the form itself.
    assert f'value="{field.split(chr(34))[1]}"' in page.partition('id="new"')[2]


def test_the_beginning_of_a_number_is_not_a_name(as_desk: Browser) -> None:
    page = as_desk.post(reverse("booking:desk-who"), {"q": "212-55", "find": "1"}).text
    assert "data-name" not in page
