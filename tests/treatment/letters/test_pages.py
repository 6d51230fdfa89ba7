"""The pages about letters: staff, the physician with the link, and the client."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pypdfium2
import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Location, Payer
from prescriptions.models import DoctorRequest, ShareConsent
from prescriptions.prescribers import links as forms
from tests.prescriptions.prescribers.factories import typed
from tests.printed import check
from tests.treatment.letters.factories import (
    SAID,
    Way,
    agreed,
    drafted,
    link_of,
    order_of,
    sent,
    sign,
    signed,
    treated,
)
from treatment import own_data
from treatment.letters import drawing, pdf, services
from treatment.models import LetterSending, ProgressLetter

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from clinic.models import Client, User

pytestmark = pytest.mark.django_db
BORN = "1981-04-12"


@pytest.fixture
def letter(client_record: Client, author: User) -> ProgressLetter:
    """Signed, and the client has agreed."""
    done = signed(client_record, author)
    agreed(client_record)
    return done


def at(letter: ProgressLetter, name: str = "letter") -> str:
    return reverse(f"treatment:{name}", args=[letter.pk])


def opened(letter: ProgressLetter) -> tuple[Browser, str]:
    """A browser that has said when the patient was born."""
    browser, link = Browser(), link_of(letter)
    assert browser.post(link, {"birth_date": BORN}).status_code == 302
    return browser, link


# ---- Staff ----


def test_what_is_due_is_on_the_day_and_becomes_a_letter(
    as_therapist: Browser, client_record: Client, author: User
) -> None:
    treated(client_record)
    Location.objects.update(letter_after_visits=1)
    page = as_therapist.get(reverse("treatment:today"))
    assert "Letters due" in page.text
    letters = reverse("treatment:letters", args=[client_record.pk])
    assert letters in page.text
    shown = as_therapist.get(letters).text
    assert "Due: 1 visit" in shown
    begin = reverse("treatment:letter-begin", args=[order_of(client_record).pk])
    assert begin in shown
    made = as_therapist.post(begin)
    letter = ProgressLetter.objects.get()
    assert made["Location"] == at(letter)
    assert "Finish the letter" in as_therapist.get(letters).text
    form = as_therapist.get(at(letter))
    assert form.context["form"]["treated"].value() == letter.said["treated"]
    data = SAID | {
        "seen": form.context["form"].initial["seen"],
        "version": form.context["version"],
        "sign": "1",
    }
    assert as_therapist.post(at(letter), data).status_code == 302
    letter.refresh_from_db()
    assert (letter.is_signed, letter.said) == (True, SAID)
    assert "Letters due" not in as_therapist.get(reverse("treatment:today")).text


def test_the_payers_rule_goes_before_the_clinics(
    as_therapist: Browser, client_record: Client, author: User
) -> None:
    treated(client_record)
    Location.objects.update(letter_after_visits=1)
    client_record.payer = Payer.objects.create(name="L&I", letter_after_visits=6)
    client_record.save()
    assert "Letters due" not in as_therapist.get(reverse("treatment:today")).text


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    as_therapist: Browser, client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    form = as_therapist.get(at(letter))
    data = SAID | {
        "request": "",
        "ask": "A thought of mine",
        "seen": form.context["form"].initial["seen"],
        "version": form.context["version"],
    }
    answer = as_therapist.post(at(letter), data | {"sign": "1"})
    assert answer.status_code == 422
    assert "Needed before the letter can be signed" in answer.text
    assert "A thought of mine" in answer.text
    answer = as_therapist.post(at(letter), data | {"sign": "1", "request": "finish", "seen": "x"})
    assert answer.status_code == 422
    assert "The record has changed" in answer.text
    assert answer.context["form"]["seen"].value() == data["seen"]
    services.keep(actor=author, letter=letter, said=SAID)  # in another window
    answer = as_therapist.post(at(letter), data)
    assert answer.status_code == 422
    assert "Someone else saved changes" in answer.text
    letter.refresh_from_db()
    assert letter.said == SAID


def test_without_consent_the_page_says_what_to_do(
    as_therapist: Browser, as_desk: Browser, client_record: Client, author: User
) -> None:
    letter = signed(client_record, author)
    prescriber = letter.prescription.prescriber
    assert prescriber is not None
    shown = as_therapist.get(at(letter)).text
    assert "has not agreed that we write to Kofi Osei, MD" in shown
    assert "Send a link" not in shown
    listed = as_desk.get(reverse("treatment:letters", args=[client_record.pk])).text
    assert reverse("prescriptions:desk-ask", args=[client_record.pk, prescriber.pk]) in listed
    answer = as_desk.post(
        at(letter, "letter-send"),
        {"way": "link", "form_token": "0f8c2d9e-4b7a-4f0c-8d1e-2f3a4b5c6d7e"},
        follow=True,
    )
    assert "Have the consent signed first" in answer.text
    assert not LetterSending.objects.exists()


def test_the_desk_sees_that_it_is_signed_and_none_of_its_words(
    as_desk: Browser, letter: ProgressLetter
) -> None:
    client = letter.prescription.client
    shown = as_desk.get(reverse("treatment:letters", args=[client.pk]))
    assert "Signed, not sent" in shown.text
    for secret in (*SAID.values(), "Cervicalgia", "Neuromuscular"):
        if secret != "continue":
            assert secret not in shown.text
    assert as_desk.get(at(letter)).status_code == 403
    token = shown.context["letters"][0][1]["form_token"]
    as_desk.post(at(letter, "letter-send"), {"way": "link", "form_token": token})
    assert LetterSending.objects.get().way == Way.LINK
    assert "Sent" in as_desk.get(reverse("treatment:letters", args=[client.pk])).text


def test_a_way_that_there_is_not_is_a_bad_request(
    as_therapist: Browser, letter: ProgressLetter
) -> None:
    assert as_therapist.post(at(letter, "letter-send"), {"way": "pigeon"}).status_code == 400


def test_a_printed_letter_is_downloaded_and_that_is_written_down(
    as_therapist: Browser, letter: ProgressLetter, author: User
) -> None:
    made = sent(author, letter, Way.PRINT)
    url = reverse("treatment:letter-document", args=[made.pk])
    assert as_therapist.get(url).status_code == 404
    drawing.draw(str(made.pk))
    answer = as_therapist.get(url)
    assert answer.content.startswith(b"%PDF")
    assert answer["Cache-Control"] == "no-store"
    assert AuditEvent.objects.filter(action="document.downloaded", object_id=str(made.pk)).exists()
    drawing.draw(str(made.pk))  # a second copy of the task
    made.refresh_from_db()
    assert url in as_therapist.get(at(letter)).text


def test_withdrawing_needs_a_reason_and_leads_back(
    as_therapist: Browser, letter: ProgressLetter
) -> None:
    url = at(letter, "letter-withdraw")
    assert as_therapist.post(url, {"reason": ""}).status_code == 422
    assert as_therapist.post(url, {"reason": "Wrong side"}).status_code == 302
    assert "Wrong side" in as_therapist.get(at(letter)).text
    assert "Send it" not in as_therapist.get(at(letter)).text


def test_lists_take_as_many_queries_for_many_as_for_one(
    as_therapist: Browser,
    as_desk: Browser,
    client_record: Client,
    author: User,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    Location.objects.update(letter_after_visits=1)
    one = signed(client_record, author)
    agreed(client_record)
    sent(author, one, Way.PRINT)
    for _ in range(3):
        again = services.begin(actor=author, prescription=order_of(client_record))
        sign(author, again)
        sent(author, again, Way.PRINT)
    url = reverse("treatment:letters", args=[client_record.pk])
    as_desk.get(url)
    with django_assert_max_num_queries(24):
        assert as_desk.get(url).text.count("Signed by") == 4
    as_therapist.get(reverse("treatment:today"))
    with django_assert_max_num_queries(32):
        as_therapist.get(reverse("treatment:today"))


# ---- The physician ----


def test_the_first_page_of_a_link_shows_nothing_of_the_patient(
    anonymous: Browser, letter: ProgressLetter, author: User
) -> None:
    sent(author, letter)
    page = anonymous.get(link_of(letter))
    assert page.status_code == 200
    assert "date of birth" in page.text
    for secret in ("Ana", "Lima", "1981", "Osei", "Cervicalgia"):
        assert secret not in page.text
    assert page["Cache-Control"] == "no-store"
    assert page["X-Robots-Tag"] == "noindex, nofollow"


def test_a_physician_reads_it_until_they_confirm_it(letter: ProgressLetter, author: User) -> None:
    made = sent(author, letter)
    drawing.draw(str(made.pk))
    browser, link = opened(letter)
    page = browser.get(link).text
    for shown in (*SAID.values(), "Ana Lima", "M54.2", "1 of 12 used", "Neuromuscular"):
        if shown != "continue":
            assert shown in page
    assert "I suggest that treatment continues" in page
    assert browser.get(f"{link}letter.pdf").content.startswith(b"%PDF")
    done = browser.post(f"{link}received/", follow=True)
    assert "Thank you" in done.text
    assert browser.get(link).status_code == 410
    assert browser.get(f"{link}letter.pdf").status_code == 410
    made.refresh_from_db()
    assert made.opened_at is not None
    assert made.closed_at is not None
    actions = set(AuditEvent.objects.filter(actor=None).values_list("action", flat=True))
    assert {"letter.patient_shown", "letter.received"} <= actions


def test_a_stranger_with_a_made_up_key_finds_nothing(
    anonymous: Browser, letter: ProgressLetter, author: User
) -> None:
    sent(author, letter)
    url = reverse("treatment:letter-link", args=["x" * 43])
    assert anonymous.get(url).status_code == 404
    assert anonymous.post(f"{url}received/").status_code == 404
    assert anonymous.post(f"{url}renew/").status_code == 404


def test_before_the_birth_date_nothing_can_be_done(
    anonymous: Browser, letter: ProgressLetter, author: User
) -> None:
    made = sent(author, letter)
    drawing.draw(str(made.pk))
    link = link_of(letter)
    assert anonymous.get(f"{link}letter.pdf").status_code == 302
    for name in ("received", "renew"):
        assert anonymous.post(f"{link}{name}/").status_code == 302
    made.refresh_from_db()
    assert made.closed_at is None
    assert not DoctorRequest.objects.exists()


def test_guesses_are_few(anonymous: Browser, letter: ProgressLetter, author: User) -> None:
    sent(author, letter)
    statuses = [
        anonymous.post(link_of(letter), {"birth_date": "1999-01-01"}).status_code
        for _ in range(forms.MOST_WRONG)
    ]
    assert statuses == [422] * (forms.MOST_WRONG - 1) + [410]
    assert anonymous.post(link_of(letter), {"birth_date": BORN}).status_code == 410


def test_a_link_ends_when_it_expires(letter: ProgressLetter, author: User) -> None:
    made = sent(author, letter)
    browser, link = opened(letter)
    assert made.expires_at is not None
    with time_machine.travel(made.expires_at - timedelta(seconds=1), tick=False):
        assert browser.get(link).status_code == 200
    with time_machine.travel(made.expires_at, tick=False):
        assert browser.get(link).status_code == 410


def test_a_newer_link_replaces_the_older(letter: ProgressLetter, author: User) -> None:
    sent(author, letter)
    browser, link = opened(letter)
    sent(author, letter)
    assert browser.get(link).status_code == 404
    assert opened(letter)[0].get(link_of(letter)).status_code == 200


def test_a_withdrawn_letter_is_gone_behind_its_link(letter: ProgressLetter, author: User) -> None:
    sent(author, letter)
    browser, link = opened(letter)
    services.withdraw(actor=author, letter=letter, reason="Wrong side")
    for url in (link, f"{link}letter.pdf"):
        answer = browser.get(url)
        assert answer.status_code == 410
        assert "Lima" not in answer.text


def test_a_withdrawn_consent_ends_the_link(letter: ProgressLetter, author: User) -> None:
    sent(author, letter)
    browser, link = opened(letter)
    ShareConsent.objects.update(withdrawn_at=timezone.now())
    assert browser.get(link).status_code == 410


def test_the_renewal_is_written_in_the_same_place(letter: ProgressLetter, author: User) -> None:
    sent(author, letter)
    browser, link = opened(letter)
    assert "Write an order" in browser.get(link).text
    form = browser.post(f"{link}renew/")
    page = browser.get(form["Location"])
    assert page.status_code == 200
    assert "It would renew an order valid" in page.text
    assert 'value="2 sessions' not in page.text  # what they order is theirs to write
    assert browser.post(form["Location"], typed()).status_code == 302
    made = DoctorRequest.objects.get()
    assert (made.status, made.renews) == ("signed", letter.prescription)
    assert "You have answered" in browser.get(link).text
    assert browser.post(f"{link}renew/").status_code == 410
    assert DoctorRequest.objects.count() == 1


def test_a_letter_that_asks_for_nothing_offers_no_order(
    client_record: Client, author: User
) -> None:
    letter = signed(client_record, author, request="finish")
    agreed(client_record)
    sent(author, letter)
    browser, link = opened(letter)
    assert "Write an order" not in browser.get(link).text
    assert browser.post(f"{link}renew/").status_code == 410


# ---- The client ----


def test_a_client_sees_to_whom_it_went_and_reads_it_where_that_is_shown(
    as_client: Browser, as_other: Browser, letter: ProgressLetter, author: User
) -> None:
    mine = reverse("treatment:portal-letters")
    page = at(letter, "portal-letter")
    assert "No letters yet" in as_client.get(mine).text
    assert as_client.get(page).status_code == 404  # signed, and not sent
    sent(author, letter, Way.PRINT)
    shown = as_client.get(mine).text
    assert "Kofi Osei, MD" in shown
    assert page not in shown
    assert as_client.get(page).status_code == 404
    Location.objects.update(notes_in_portal=True)
    assert page in as_client.get(mine).text
    assert SAID["response"] in as_client.get(page).text
    assert as_other.get(page).status_code == 404
    assert AuditEvent.objects.filter(action="letter.viewed").exists()


def test_letters_are_in_a_clients_own_data(
    client_record: Client, letter: ProgressLetter, author: User
) -> None:
    made = sent(author, letter, Way.PRINT)
    drawing.draw(str(made.pk))
    made.refresh_from_db()
    part = own_data.letters(client_record)
    assert part.data[0]["said"] == SAID
    assert part.data[0]["facts"]["patient"] == "Ana Lima"
    assert part.data[0]["sent"][0]["way"] == "Printed"
    assert list(part.documents) == [made.document]


# ---- On paper ----


def printed_text(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    return "\f".join(page.get_textpage().get_text_bounded() for page in document)


def test_the_same_sending_gives_the_same_bytes(
    letter: ProgressLetter, author: User, tmp_path: Path
) -> None:
    made = sent(author, letter, Way.PRINT)
    once, again = pdf.render(made), pdf.render(LetterSending.objects.get(pk=made.pk))
    assert once.content == again.content
    check(once.content, tmp_path)
    text = printed_text(once.content)
    for shown in ("Ana Lima", "M54.2", SAID["response"], letter.signed_name):
        assert shown in text
    assert "Confidential" not in text


def test_a_fax_begins_with_a_cover_sheet_that_counts_the_pages(
    letter: ProgressLetter, author: User, tmp_path: Path
) -> None:
    printed = pdf.render(sent(author, letter, Way.FAX))
    check(printed.content, tmp_path)
    cover, *rest = printed_text(printed.content).split("\f")
    assert "(845) 555-0199" in cover
    assert f"{printed.pages}, with this one" in cover
    assert "Confidential" in cover
    for secret in ("Lima", "Ana", "M54.2"):
        assert secret not in cover
    assert printed.pages == len(rest) + 1 >= 2


def test_long_words_many_visits_and_other_scripts_fit(client_record: Client, author: User) -> None:
    letter = signed(
        client_record,
        author,
        ask="X" * 400,
        treated="按摩 มาก Ελλάδα עברית",
        response="\n".join(["Softer"] * 120),
    )
    agreed(client_record)
    printed = pdf.render(sent(author, letter, Way.FAX))
    text = printed_text(printed.content)
    assert printed.pages > 2
    assert text.replace("\r", "").replace("\n", "").count("X") >= 400
    assert text.count("Softer") == 120
