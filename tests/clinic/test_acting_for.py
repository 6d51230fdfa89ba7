"""One login for several people: a form is for whom it was opened, whatever another tab chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clinic import access
from clinic.models import Client, Guardian
from tests.prescriptions import paper
from tests.prescriptions.sending import as_file

if TYPE_CHECKING:
    from uuid import UUID

    from django.test import Client as Browser

    from clinic.models import Location, ServiceOption, User

MY_DATA, UPLOAD = "/portal/my-data/", "/portal/prescriptions/upload/"
PAGES = [
    MY_DATA,
    UPLOAD,
    "/portal/intake/",
    "/portal/visits/calendar/",
    "/portal/visits/waitlist/",
    "/portal/prescriptions/ask/",
]
CORRECTION = {"about": "contact", "text": "My number has changed."}


@pytest.fixture
def ana(
    client_record: Client, client_user: User, location: Location, option60: ServiceOption
) -> Client:
    """Acts for herself, and for Leo."""
    leo = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2015-06-01")
    Guardian.objects.create(user=client_user, client=leo, relationship="parent")
    return client_record


@pytest.fixture
def leo(ana: Client) -> Client:
    return Client.objects.get(first_name="Leo")


def choose(browser: Browser, client: Client) -> None:
    """As another tab does."""
    assert browser.post("/portal/for/", {"client": client.pk}).status_code == 302


def field(pk: UUID) -> str:
    return f'<input type="hidden" name="acting_for" value="{pk}">'


@pytest.mark.parametrize("path", PAGES)
def test_every_form_of_the_portal_says_whom_it_is_for(
    as_client: Browser, ana: Client, leo: Client, path: str
) -> None:
    for person in (leo, ana):
        choose(as_client, person)
        assert field(person.pk) in as_client.get(path).text


def test_what_is_typed_for_one_is_kept_for_one_though_another_tab_went_on(
    as_client: Browser, ana: Client, leo: Client
) -> None:
    choose(as_client, leo)
    as_client.post(MY_DATA, CORRECTION | {"acting_for": ana.pk})
    assert ana.correction_requests.count() == 1
    assert not leo.correction_requests.exists()
    assert as_client.get(MY_DATA).context["client"] == ana  # and there they see it


def test_a_prescription_goes_to_whom_the_page_was_opened_for(
    as_client: Browser, ana: Client, leo: Client
) -> None:
    choose(as_client, leo)
    as_client.post(UPLOAD, {"document": as_file(paper.pdf()), "acting_for": ana.pk})
    assert (ana.uploads.count(), leo.uploads.count()) == (1, 0)


def test_a_form_that_could_be_for_several_names_somebody(
    as_client: Browser, ana: Client, leo: Client
) -> None:
    assert as_client.post(MY_DATA, CORRECTION).status_code == 400
    assert not ana.correction_requests.exists()


@pytest.mark.parametrize("named", ["other", "nonsense", "-1"])
def test_nobody_acts_for_a_stranger(
    as_client: Browser, ana: Client, other_client: Client, named: str
) -> None:
    value = str(other_client.pk) if named == "other" else named
    assert as_client.post(MY_DATA, CORRECTION | {"acting_for": value}).status_code == 404
    assert not other_client.correction_requests.exists()
    assert as_client.get(MY_DATA).context["client"] == ana


def test_who_acts_for_one_only_need_not_say_so(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    assert as_client.post(MY_DATA, CORRECTION).status_code == 302
    assert access.ACTING not in as_client.session
