"""The directory of prescribers: entries, one NPI once, who sees it, what an approval adds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.models import AuditEvent
from prescriptions.models import Prescriber
from prescriptions.prescribers import directory, selectors
from prescriptions.prescribers.errors import NpiInvalid, NpiTaken
from prescriptions.reviewing import services as prescriptions
from tests.editing import CHANGED, open_and_save, version_on
from tests.prescriptions.factories import (
    approved_prescription,
    make_elements,
    submitted_prescription,
)
from tests.prescriptions.prescribers.factories import make_prescriber

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User

LIST = reverse("prescriptions:prescriber-list")
NEW = reverse("prescriptions:prescriber-new")
HINT = reverse("prescriptions:prescriber-hint")
ENTRY = {
    "name": "Lena Marsh",
    "credential": "NP",
    "npi": "198-765 4328",
    "practice": "Hudson Spine",
}


def page_of(prescriber: Prescriber) -> str:
    return reverse("prescriptions:prescriber", args=[prescriber.pk])


def test_an_empty_directory_says_what_will_be_there(as_desk: Browser, location: Location) -> None:
    page = as_desk.get(LIST)
    assert "No prescribers yet" in page.text
    assert NEW in page.text


def test_the_desk_adds_one_and_finds_it(as_desk: Browser, location: Location) -> None:
    assert as_desk.get(NEW).status_code == 200
    answer = as_desk.post(NEW, {**ENTRY, "phone": "(845) 555-0199", "email": "Front@Hudson.test"})
    assert answer.status_code == 302
    made = Prescriber.objects.get()
    assert (made.npi, made.email, made.is_checked) == ("1987654328", "front@hudson.test", True)
    assert AuditEvent.objects.filter(action="prescriber.added").count() == 1
    for words in ("marsh", "hudson lena", "19876", "Lena  Marsh"):
        assert "Lena Marsh, NP" in as_desk.get(LIST, {"q": words}).text
    assert "No prescriber matches" in as_desk.get(LIST, {"q": "osei"}).text


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"npi": "1234567890"}, "not a valid NPI"),
        ({"name": ""}, "This field is required"),
        ({"credential": "RN"}, "Select a valid choice"),
        ({"phone": "12"}, "phone number"),
        ({"phone": "(813) 555-0142 / (813) 555-0143"}, "one phone number"),
        ({"fax": "(813) 555-0142 ext. 12"}, "without an extension"),
        ({"email": "nobody"}, "valid email"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_was_typed(
    as_desk: Browser, location: Location, fields: dict[str, str], said: str
) -> None:
    answer = as_desk.post(NEW, ENTRY | fields)
    assert answer.status_code == 422
    assert said in answer.text
    assert "Hudson Spine" in answer.text
    assert not Prescriber.objects.exists()


def test_a_number_that_is_taken_leads_to_its_entry(as_desk: Browser, location: Location) -> None:
    holder = make_prescriber()
    answer = as_desk.post(NEW, ENTRY | {"npi": holder.npi})
    assert answer.status_code == 422
    assert "already in the directory" in answer.text
    assert page_of(holder) in answer.text
    other = make_prescriber("Lena Marsh", npi="1987654328")
    answer = open_and_save(as_desk, page_of(other), ENTRY | {"npi": holder.npi})
    assert (answer.status_code, page_of(holder) in answer.text) == (422, True)


def test_a_change_marks_the_entry_as_checked(
    as_desk: Browser, location: Location, desk_user: User, client_record: Client
) -> None:
    typed = directory.add(actor=desk_user, named_by=client_record, name="Lena Marsh")
    assert "A client entered this" in as_desk.get(page_of(typed)).text
    open_and_save(as_desk, page_of(typed), ENTRY)
    typed.refresh_from_db()
    assert (typed.is_checked, typed.npi) == (True, "1987654328")
    assert AuditEvent.objects.filter(action="prescriber.changed").exists()


def test_of_two_who_edit_an_entry_the_second_is_told(
    as_desk: Browser, as_manager: Browser, prescriber: Prescriber, location: Location
) -> None:
    first, second = (version_on(one.get(page_of(prescriber)).text) for one in (as_desk, as_manager))
    phone = ENTRY | {"phone": "(845) 555-0199", "version": first}
    assert as_desk.post(page_of(prescriber), phone).status_code == 302

    mine = ENTRY | {"practice": "Elsewhere", "version": second}
    answer = as_manager.post(page_of(prescriber), mine)

    assert (answer.status_code, CHANGED in answer.text) == (422, True)
    assert "Elsewhere" in answer.text  # what was typed is kept
    prescriber.refresh_from_db()
    assert (prescriber.practice, str(prescriber.phone)) == ("Hudson Spine", "(845) 555-0199")
    again = mine | {"version": version_on(answer.text)}
    assert as_manager.post(page_of(prescriber), again).status_code == 302
    prescriber.refresh_from_db()
    assert prescriber.practice == "Elsewhere"


def test_an_entry_is_not_saved_by_a_page_that_shows_no_version(
    as_desk: Browser, prescriber: Prescriber
) -> None:
    before = prescriber.practice
    assert as_desk.post(page_of(prescriber), ENTRY).status_code == 422
    prescriber.refresh_from_db()
    assert prescriber.practice == before


def test_one_is_retired_and_taken_back(as_desk: Browser, prescriber: Prescriber) -> None:
    retire = reverse("prescriptions:prescriber-retire", args=[prescriber.pk])
    as_desk.post(retire, {"active": "no"})
    assert "Inactive" in as_desk.get(LIST).text
    assert selectors.offered("osei") == []
    as_desk.post(retire, {"active": "yes"})
    as_desk.post(retire, {"active": "yes"})
    assert [one.pk for one in selectors.offered("osei")] == [prescriber.pk]
    done = AuditEvent.objects.filter(object_id=str(prescriber.pk)).values_list("action", flat=True)
    assert list(done) == ["prescriber.restored", "prescriber.retired", "prescriber.added"]


def test_a_long_directory_takes_as_many_queries_as_a_short_one(
    as_desk: Browser, location: Location
) -> None:
    make_prescriber()
    with CaptureQueriesContext(connection) as short:
        as_desk.get(LIST)
    Prescriber.objects.bulk_create(Prescriber(name=f"Doctor {n:03}") for n in range(120))
    with CaptureQueriesContext(connection) as long:
        page = as_desk.get(LIST, {"q": "doctor", "page": "2"})
    assert len(long) == len(short)
    assert "page 2 of 3" in page.text
    assert "q=doctor&amp;page=3" in page.text


def test_the_review_form_is_offered_entries_by_name(
    as_desk: Browser, prescriber: Prescriber
) -> None:
    found = as_desk.post(HINT, {"prescriber_name": "ose"}).text
    assert 'data-npi="1234567893"' in found
    assert "data-prescriber" not in as_desk.post(HINT, {"prescriber_name": "o"}).text
    assert "data-prescriber" not in as_desk.post(HINT, {}).text


@pytest.mark.parametrize("number", ["1234567890", "12", "3000000000"])
def test_a_number_without_its_check_digit_is_no_entry(
    location: Location, desk_user: User, number: str
) -> None:
    with pytest.raises(NpiInvalid):
        directory.add(actor=desk_user, name="Lena Marsh", npi=number)


def test_two_without_a_number_are_two_entries_and_one_number_is_one(
    location: Location, desk_user: User
) -> None:
    directory.add(actor=desk_user, name="A")
    directory.add(actor=desk_user, name="B")
    holder = make_prescriber()
    with pytest.raises(NpiTaken) as caught:
        directory.add(actor=desk_user, name="C", npi=holder.npi)
    assert caught.value.holder == holder
    assert Prescriber.objects.count() == 3


def test_an_extension_is_kept_shown_and_changed(as_desk: Browser, location: Location) -> None:
    as_desk.post(NEW, {**ENTRY, "phone": "(813) 555-0142 ext. 12"})
    made = Prescriber.objects.get()
    assert (made.phone.as_e164, made.phone_extension) == ("+18135550142", "12")
    assert "(813) 555-0142 ext. 12" in as_desk.get(LIST).text
    page = as_desk.get(page_of(made))
    assert 'value="(813) 555-0142 ext. 12"' in page.text
    offered = as_desk.post(HINT, {"prescriber_name": "Marsh"}).text
    assert 'data-phone="(813) 555-0142 ext. 12"' in offered
    without = {**ENTRY, "phone": "(813) 555-0142", "version": page.context["version"]}
    assert as_desk.post(page_of(made), without).status_code == 302
    made.refresh_from_db()
    assert made.phone_extension == ""
    change = AuditEvent.objects.get(action="prescriber.changed").detail["changes"]
    assert change["phone_extension"] == {"before": "12", "after": ""}


def test_an_approval_keeps_the_extension_on_the_order(
    client_record: Client, location: Location
) -> None:
    approved_prescription(client_record, prescriber_phone="(845) 555-0150 ext. 7")
    assert str(Prescriber.objects.get().telephone) == "(845) 555-0150 ext. 7"


def test_an_approval_adds_the_prescriber_once(client_record: Client, location: Location) -> None:
    first = approved_prescription(client_record, prescriber_phone="845-555-0150")
    second = approved_prescription(client_record)
    made = Prescriber.objects.get()
    assert (made.name, made.npi, made.is_checked) == ("Kofi Osei", "1234567893", True)
    assert made.phone.as_e164 == "+18455550150"
    assert (first.prescriber, second.prescriber) == (made, made)


def test_an_approval_teaches_the_entry_that_was_asked_its_number(
    client_record: Client, location: Location, codes: None, desk_user: User
) -> None:
    asked = directory.add(
        actor=desk_user, named_by=client_record, name="Dr. Osei", email="x@y.test"
    )
    prescription = submitted_prescription(client_record)
    prescription.prescriber = asked
    prescription.save()
    done = prescriptions.approve(
        actor=desk_user, prescription=prescription, elements=make_elements()
    )
    assert done.prescriber == asked
    asked.refresh_from_db()
    assert (asked.npi, asked.credential, asked.name) == ("1234567893", "MD", "Dr. Osei")
    # Its e-mail address is still only what a client typed.
    assert not asked.is_checked


def test_what_another_client_typed_gives_way_to_what_stands_on_the_order(
    client_record: Client,
    other_client: Client,
    location: Location,
    codes: None,
    desk_user: User,
) -> None:
    typed = directory.add(
        actor=desk_user,
        named_by=other_client,
        name="Dr. Impostor",
        npi="1234567893",
        email="impostor@y.test",
    )
    done = prescriptions.approve(
        actor=desk_user,
        prescription=submitted_prescription(client_record),
        elements=make_elements(),
    )
    typed.refresh_from_db()
    assert done.prescriber == typed
    assert (typed.name, typed.email, typed.is_checked) == ("Kofi Osei", "", True)


def test_a_telephone_number_that_is_none_is_left_out(
    client_record: Client, location: Location
) -> None:
    approved_prescription(client_record, prescriber_phone="ask the nurse")
    assert not Prescriber.objects.get().phone


@pytest.mark.parametrize(("who", "status"), [("as_therapist", 403), ("as_client", 404)])
def test_the_directory_is_the_desks(
    request: pytest.FixtureRequest, prescriber: Prescriber, who: str, status: int
) -> None:
    browser: Browser = request.getfixturevalue(who)
    for page in (LIST, NEW, page_of(prescriber)):
        assert browser.get(page).status_code == status
    assert browser.post(HINT, {"prescriber_name": "osei"}).status_code == status
