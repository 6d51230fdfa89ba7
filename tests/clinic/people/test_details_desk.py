"""A client's details, put right at the desk: all on one page, one in place, a note by anyone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from billing.selectors import price
from booking.visits import late_fees
from clinic.models import AuditEvent, Client, Payer
from clinic.selectors import location
from prescriptions.reviewing import second
from tests.editing import CHANGED, version_on
from tests.treatment.factories import finished_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Therapist

pytestmark = pytest.mark.usefixtures("location")
HTMX = {"HX-Request": "true"}


def url(name: str, client: Client, *more: str) -> str:
    return reverse(name, args=[client.pk, *more])


def typed(client: Client, **changes: Any) -> dict[str, Any]:
    """The whole page as it is, with some fields changed."""
    return {
        "first_name": client.first_name,
        "last_name": client.last_name,
        "birth_date": "04/12/1981",
        "phone": "(212) 555-0142",
        "contact_by": "email",
        **changes,
    }


def last_change(client: Client) -> dict[str, Any]:
    found = AuditEvent.objects.filter(action="client.details_changed", client=client)
    detail: dict[str, Any] = found.latest("at").detail
    return detail


def test_the_page_saves_everything_and_the_log_has_both_sides(
    as_desk: Browser, client_record: Client, therapist: Therapist
) -> None:
    page = url("client-details", client_record)
    payer = Payer.objects.create(name="VA Hudson Valley", kind=Payer.Kind.VA)
    version = version_on(as_desk.get(page).text)
    fields = typed(
        client_record,
        last_name="Lima-Cole",
        legal_name="Ana Maria Lima",
        pronouns="she/her",
        phone="845 555 0188 ext 12",
        address="8 Elm Ct\nBeacon, NY 12508",
        payer=str(payer.pk),
        member_number="V-1",
        preferred_therapist=str(therapist.pk),
        contact_by="call",
        note="Hard of hearing, left ear.",
    )
    answer = as_desk.post(page, {**fields, "version": version})
    assert answer["Location"] == url("client-detail", client_record)
    client = Client.objects.get(pk=client_record.pk)
    assert (client.name, client.legal_name, client.pronouns) == (
        *("Ana Lima-Cole", "Ana Maria Lima", "she/her"),
    )
    assert (client.phone.as_e164, client.phone_extension) == ("+18455550188", "12")
    assert (client.payer, client.member_number, client.contact_by) == (payer, "V-1", "call")
    assert (client.preferred_therapist, client.note) == (therapist, "Hard of hearing, left ear.")
    detail = last_change(client)
    assert detail["changes"]["last_name"] == {"before": "Lima", "after": "Lima-Cole"}
    assert {"note", "member_number"} <= set(detail["also"])
    assert "Hard of hearing" not in str(detail)
    again = as_desk.post(page, {**fields, "last_name": "Other", "version": version})
    assert again.status_code == 422
    assert CHANGED in again.text
    client.refresh_from_db()
    assert client.last_name == "Lima-Cole"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"first_name": " - "}, "One name is enough"),
        ({"birth_date": ""}, "corrected, but not removed"),
        ({"phone": "12"}, "Enter one phone number"),
        ({"phone": "", "contact_by": "call"}, "Add the telephone number to call"),
    ],
)
def test_what_cannot_be_keeps_what_was_typed(
    as_desk: Browser, client_record: Client, changes: dict[str, str], words: str
) -> None:
    page = url("client-details", client_record)
    fields = typed(client_record, pronouns="they/them", **changes)
    answer = as_desk.post(page, {**fields, "version": version_on(as_desk.get(page).text)})
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="they/them"' in answer.text
    client_record.refresh_from_db()
    assert client_record.pronouns == ""


def test_a_telephone_without_a_date_of_birth_stays(as_desk: Browser, client_record: Client) -> None:
    Client.objects.filter(pk=client_record.pk).update(birth_date=None)
    page = url("client-details", client_record)
    fields = typed(client_record, birth_date="", phone="")
    answer = as_desk.post(page, {**fields, "version": version_on(as_desk.get(page).text)})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("group", "fields", "shown"),
    [
        ("phone", {"phone": "8455550188"}, "(845) 555-0188"),
        ("address", {"address": "8 Elm Ct"}, "8 Elm Ct"),
        ("birth_date", {"birth_date": "04/13/1981"}, "Apr 13, 1981"),
        ("contact_by", {"contact_by": "call"}, "Call instead of writing"),
        ("payer", {"payer": "", "member_number": "M-9"}, "M-9"),
        ("preferred_therapist", {"preferred_therapist": ""}, "anyone"),
    ],
)
def test_one_detail_is_changed_where_it_stands(
    as_desk: Browser, client_record: Client, group: str, fields: dict[str, str], shown: str
) -> None:
    where = url("client-field", client_record, group)
    begun = as_desk.get(where, headers=HTMX)
    assert "<form" in begun.text
    answer = as_desk.post(where, {**fields, "version": version_on(begun.text)}, headers=HTMX)
    assert answer.status_code == 200
    assert shown in answer.text
    assert "<form" not in answer.text
    stale = as_desk.post(where, {**fields, "version": "2020"}, headers=HTMX)
    assert stale.status_code == 422
    assert CHANGED in stale.text
    kept = as_desk.get(where + "?show=1", headers=HTMX)
    assert "<form" not in kept.text


def test_changing_one_detail_leaves_the_others(as_desk: Browser, client_record: Client) -> None:
    Client.objects.filter(pk=client_record.pk).update(address="8 Elm Ct", note="x")
    where = url("client-field", client_record, "phone")
    version = version_on(as_desk.get(where, headers=HTMX).text)
    as_desk.post(where, {"phone": "8455550188", "version": version}, headers=HTMX)
    client_record.refresh_from_db()
    assert client_record.address == "8 Elm Ct"
    assert set(last_change(client_record)["changes"]) == {"phone"}


def test_without_javascript_it_is_the_page_at_that_field(
    as_desk: Browser, client_record: Client
) -> None:
    answer = as_desk.get(url("client-field", client_record, "phone"))
    assert answer["Location"] == url("client-details", client_record) + "#div_id_phone"
    assert 'id="div_id_phone"' in as_desk.get(answer["Location"]).text
    assert as_desk.get(url("client-field", client_record, "email")).status_code == 404


@pytest.mark.parametrize("who", ["as_desk", "as_therapist"])
def test_anyone_of_the_care_team_pins_a_note(
    request: pytest.FixtureRequest, in_care: object, client_record: Client, who: str
) -> None:
    browser: Browser = request.getfixturevalue(who)
    page = url("client-note", client_record)
    shown = browser.get(page)
    fields = {"note": " Text, do not call. ", "version": version_on(shown.text)}
    answer = browser.post(page + "?next=/desk/", fields)
    assert answer["Location"] == "/desk/"
    client_record.refresh_from_db()
    assert client_record.note == "Text, do not call."
    assert last_change(client_record) == {"changes": {}, "also": ["note"]}
    assert "Text, do not call." in browser.get(url("client-detail", client_record)).text
    late = browser.post(page, fields)
    assert late.status_code == 422
    away = browser.post(
        page + "?next=https://evil.example/", {**fields, "version": version_on(late.text)}
    )
    assert away["Location"] == url("client-detail", client_record)


def test_others_do_not_change_details(
    as_therapist: Browser, as_biller: Browser, in_care: object, client_record: Client
) -> None:
    for browser in (as_therapist, as_biller):
        assert browser.get(url("client-details", client_record)).status_code == 403
        assert browser.get(url("client-field", client_record, "phone")).status_code == 403
    assert as_biller.get(url("client-note", client_record)).status_code == 403
    page = as_therapist.get(url("client-detail", client_record)).text
    assert url("client-field", client_record, "phone") not in page


@pytest.mark.usefixtures("afternoon")
def test_a_payer_set_on_the_screen_wakes_its_rules(as_desk: Browser, client_record: Client) -> None:
    """The second person and the authorization, AMA's rounding, and no fee for a veteran."""
    visit = finished_visit(client_record, {"Neuromuscular": 33, "Relaxation strokes": 7})
    before = Client.objects.get(pk=client_record.pk)
    assert not second.is_claim(before)
    assert [line.units for line in price(visit)] == [2, 1]
    assert late_fees.for_missing(visit.appointment) > 0
    va = {"kind": Payer.Kind.VA, "unit_rule": Payer.UnitRule.AMA}
    payer = Payer.objects.create(name="VA Hudson Valley", **va)
    where = url("client-field", client_record, "payer")
    version = version_on(as_desk.get(where, headers=HTMX).text)
    fields = {"payer": str(payer.pk), "member_number": "", "version": version}
    as_desk.post(where, fields, headers=HTMX)
    after = Client.objects.get(pk=client_record.pk)
    assert second.is_claim(after)
    assert second.is_needed(after) == second.policy_of(location()).second_person_for_claims
    visit = Visit.objects.get(pk=visit.pk)
    assert [line.units for line in price(visit)] == [2, 0]
    assert late_fees.for_missing(visit.appointment) == 0
