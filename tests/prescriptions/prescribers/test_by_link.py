"""The pages behind a prescriber's link, as anyone who holds it sees them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent
from prescriptions.models import DoctorRequest, Prescription
from prescriptions.prescribers import links, services
from prescriptions.prescribers.by_link import views
from tests.prescriptions.prescribers.factories import (
    DONE,
    link_of,
    make_prescriber,
    make_request,
    owner,
    typed,
)

if TYPE_CHECKING:
    import io

    from clinic.models import Client, Location

BORN = "1981-04-12"


def opened(request: DoctorRequest) -> tuple[Browser, str]:
    """A browser that has said when the patient was born."""
    browser, link = Browser(), link_of(request)
    assert browser.post(link, {"birth_date": BORN}).status_code == 302
    return browser, link


def test_the_first_page_shows_nothing_of_the_patient(
    anonymous: Browser, asked: DoctorRequest
) -> None:
    page = anonymous.get(link_of(asked))
    assert page.status_code == 200
    assert "date of birth" in page.text
    for secret in ("Ana", "Lima", "1981", "Osei"):
        assert secret not in page.text
    assert page["Cache-Control"] == "no-store"
    assert page["X-Robots-Tag"] == "noindex, nofollow"
    assert page["Referrer-Policy"] == "same-origin"
    assert AuditEvent.objects.filter(action="doctor_request.link_opened").count() == 1


def test_who_comes_back_to_the_patient_is_written_down_once_an_hour(
    as_client: Browser, asked: DoctorRequest
) -> None:
    shown = AuditEvent.objects.filter(action="doctor_request.patient_shown", actor=None)
    browser, link = opened(asked)
    for _ in range(2):
        browser.get(link)
    assert shown.count() == 1
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        for _ in range(2):
            browser.get(link)
    assert shown.count() == 2
    page = as_client.get("/portal/record/").text
    assert "Someone with the link for your prescriber" in page
    assert "A prescriber&#x27;s link showed the client&#x27;s name" in page


@pytest.mark.parametrize("born", ["1981-04-13", "", "yesterday", "0000-00-00"])
def test_a_wrong_birth_date_is_told_and_shows_nothing(
    anonymous: Browser, asked: DoctorRequest, born: str
) -> None:
    answer = anonymous.post(link_of(asked), {"birth_date": born})
    assert answer.status_code == 422
    assert "Lima" not in answer.text
    for name in ("rx-hints", "rx-decline"):
        page = reverse(f"prescriptions:{name}", args=[link_of(asked).strip("/").split("/")[1]])
        assert anonymous.post(page).status_code in (302, 404)
    asked.refresh_from_db()
    assert asked.status == "open"


def test_the_order_cannot_be_signed_before_the_birth_date(
    anonymous: Browser, asked: DoctorRequest
) -> None:
    assert anonymous.post(link_of(asked), typed()).status_code == 422
    asked.refresh_from_db()
    assert (asked.status, asked.wrong_births) == ("open", 0)


def test_guesses_are_few(anonymous: Browser, asked: DoctorRequest) -> None:
    for _ in range(links.MOST_WRONG):
        answer = anonymous.post(link_of(asked), {"birth_date": "1999-01-01"})
    assert answer.status_code == 410
    assert "closed this link" in answer.text
    assert anonymous.post(link_of(asked), {"birth_date": BORN}).status_code == 410


def test_guesses_from_one_address_are_few_whatever_the_link(
    anonymous: Browser, client_record: Client, location: Location
) -> None:
    asked = [
        make_request(client_record, make_prescriber(f"Doctor {number}", npi=""))
        for number in range(3)
    ]
    wrong = {"birth_date": "1999-01-01"}
    statuses = [
        anonymous.post(link_of(asked[turn % 3]), wrong).status_code
        for turn in range(views.BIRTHS + 1)
    ]
    assert statuses == [422] * views.BIRTHS + [429]


def test_openings_from_one_address_are_counted(anonymous: Browser, location: Location) -> None:
    statuses = {anonymous.get("/rx/nothing/").status_code for _ in range(views.OPENINGS)}
    assert statuses == {404}
    assert anonymous.get("/rx/nothing/").status_code == 429


def test_the_form_knows_the_prescriber_and_leaves_the_order_to_them(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    page = browser.get(link)
    assert "Ana Lima" in page.text
    assert 'value="Kofi Osei"' in page.text
    assert 'value="1234567893"' in page.text
    assert page.context["form"]["order_text"].value() is None
    assert page.context["form"]["codes"].value() is None
    assert "Ana Lima" not in page.text.split("</title>")[0]


def test_another_browser_is_asked_the_date_again(anonymous: Browser, asked: DoctorRequest) -> None:
    opened(asked)
    assert "Lima" not in anonymous.get(link_of(asked)).text


def test_an_answer_once_given_is_asked_again_after_hours(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    with time_machine.travel(timezone.now() + timedelta(hours=5), tick=False):
        assert "Lima" not in browser.get(link).text


def test_a_prescriber_signs_and_is_thanked(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    answer = browser.post(link, typed())
    assert (answer.status_code, answer["Location"]) == (302, DONE)
    page = browser.get(DONE)
    assert "Thank you, it has been sent" in page.text
    assert page["Referrer-Policy"] == "no-referrer"
    asked.refresh_from_db()
    assert asked.answers["codes"] == ["M54.2"]
    assert asked.answers["regions"] == ["back-neck-middle"]
    for again in (browser.get(link), browser.post(link, typed(reason="Other"))):
        assert again.status_code == 410
        assert "already been completed" in again.text
        assert "Lima" not in again.text


def test_two_tabs_sign_once(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    browser.get(link), browser.get(link)
    assert browser.post(link, typed()).status_code == 302
    second = browser.post(link, typed(reason="The second tab"))
    assert (second.status_code, "already been completed" in second.text) == (410, True)
    asked.refresh_from_db()
    assert asked.answers["reason"] != "The second tab"


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    wrong = {"order_text": "as needed", "codes": "M54.5", "attested": "", "signature": ""}
    answer = browser.post(link, typed(**wrong))
    assert answer.status_code == 422
    for said in ("no number", "heading", "Please check this box to sign", "it is your signature"):
        assert said in answer.text
    for kept in ("Neck pain after long desk work", 'value="as needed"', 'value="M54.5"'):
        assert kept in answer.text
    assert answer.context["form"]["regions"].value() == ["back-neck-middle"]
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    "fields",
    [
        {"starts_on": "never"},
        {"regions": ["elbow-of-a-stranger"]},
        {"modality": "surgery"},
        {"reason": "x" * 301},
        {"codes": "\0"},
        {"prescriber_npi": "12345678931234567893123"},
    ],
)
def test_nonsense_is_refused_and_not_a_crash(asked: DoctorRequest, fields: dict[str, Any]) -> None:
    browser, link = opened(asked)
    assert browser.post(link, typed(**fields)).status_code == 422
    assert browser.post(link, {}).status_code == 422


def test_the_words_are_read_while_they_are_typed(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    hints = f"{link}hints/"
    read = browser.post(hints, {"part": "order", "order_text": "2x/week for 6 weeks"})
    assert "12 visits" in read.text
    assert "no number" in browser.post(hints, {"part": "order", "order_text": "prn"}).text
    judged = browser.post(hints, {"part": "codes", "codes": "m542, M54.5"})
    assert "Cervicalgia" in judged.text
    assert "heading" in judged.text
    assert browser.post(hints, {}).status_code == 200


def test_a_prescriber_declines(asked: DoctorRequest) -> None:
    browser, link = opened(asked)
    too_long = browser.post(f"{link}decline/", {"decline-note": "x" * 301})
    assert too_long.status_code == 422
    answer = browser.post(f"{link}decline/", {"decline-note": "Please see me first"})
    assert answer["Location"] == DONE
    assert "Thank you for telling us" in browser.get(DONE).text
    assert browser.post(f"{link}decline/").status_code == 410


@pytest.mark.parametrize("how", ["consent", "request", "expired"])
def test_a_link_that_is_over_says_why_and_names_nobody(asked: DoctorRequest, how: str) -> None:
    browser, link = opened(asked)
    later = timezone.now()
    if how == "consent":
        services.withdraw_consent(actor=owner(asked.client), consent=asked.consent)
    elif how == "request":
        services.withdraw_request(actor=owner(asked.client), request=asked)
    else:
        later = asked.expires_at + timedelta(minutes=1)
    with time_machine.travel(later, tick=False):
        for answer in (browser.get(link), browser.post(link, typed())):
            assert answer.status_code == 410
            said = "has expired" if how == "expired" else "no longer available"
            assert said in answer.text
            assert "Lima" not in answer.text
            assert answer["Referrer-Policy"] == "no-referrer"
    assert not Prescription.objects.exists()


def test_an_old_link_and_one_that_never_was_look_the_same(
    anonymous: Browser, asked: DoctorRequest
) -> None:
    old = link_of(asked)
    services.send_link(actor=owner(asked.client), request=asked)
    one, other = anonymous.get(old), anonymous.get("/rx/" + "A" * 43 + "/")
    assert (one.status_code, other.status_code) == (404, 404)
    token = re.compile(r'"X-CSRFToken": "\w+"|&quot;\w{64}&quot;')
    assert token.sub("", one.text) == token.sub("", other.text)


def test_without_having_done_anything_there_are_no_thanks(
    anonymous: Browser, location: Location
) -> None:
    assert anonymous.get(DONE)["Location"] == reverse("home")


def test_a_forged_form_is_refused(asked: DoctorRequest) -> None:
    browser = Browser(enforce_csrf_checks=True)
    assert browser.post(link_of(asked), {"birth_date": BORN}).status_code == 403


def test_the_logs_name_nobody_and_hold_no_key(asked: DoctorRequest, console: io.StringIO) -> None:
    browser, link = opened(asked)
    browser.post(link, typed(attested=""))
    browser.post(link, typed())
    browser.get(link)
    browser.get("/rx/wrong/")
    written = console.getvalue()
    for secret in (link.strip("/").split("/")[1], "Ana", "Lima", "Osei", "Neck", "M54"):
        assert secret not in written
