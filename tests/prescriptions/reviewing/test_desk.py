from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from clinic.models import AuditEvent, Payer
from clinic.selectors import clinic_today
from prescriptions import ledger
from prescriptions.models import Prescription
from prescriptions.reviewing import services
from tests.prescriptions import paper
from tests.prescriptions.factories import (
    approved_prescription,
    make_elements,
    submitted_prescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from tests.prescriptions.conftest import Send

QUEUE = reverse("prescriptions:queue")
HTMX = {"HX-Request": "true"}


def at(name: str, prescription: Prescription) -> str:
    return reverse(f"prescriptions:{name}", args=[prescription.pk])


def typed(**fields: str) -> dict[str, str]:
    """The form filled in completely."""
    read = make_elements()
    values = {
        "reason": read.reason,
        "order_text": read.order_text,
        "issued_on": str(read.issued_on),
        "visits": str(read.visits),
        "through_on": str(read.through_on),
        "modality": read.modality,
        "codes": "m542",
        "prescriber_name": read.prescriber_name,
        "prescriber_credential": "MD",
        "prescriber_npi": "123-456-7893",
        "is_legible": "on",
        "is_this_person": "on",
        "is_signed": "on",
        "decision": "approve",
        **fields,
    }
    return {name: value for name, value in values.items() if value}


def test_the_queue_lists_the_oldest_first(
    as_desk: Browser, client_record: Client, other_client: Client, location: Location
) -> None:
    first, second = submitted_prescription(other_client), submitted_prescription(client_record)
    page = as_desk.get(QUEUE).text
    assert page.index(at("review", first)) < page.index(at("review", second))


def test_an_empty_queue_says_what_will_appear(as_desk: Browser, location: Location) -> None:
    assert "Nothing to review" in as_desk.get(QUEUE).text


def test_the_queue_costs_the_same_however_long(
    as_desk: Browser,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(8):
        submitted_prescription(client_record)
    with django_assert_max_num_queries(8):
        as_desk.get(QUEUE)


def test_the_count_is_shown_only_when_something_waits(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    count = reverse("prescriptions:queue-count")
    assert as_desk.get(count).text.strip() == ""
    submitted_prescription(client_record)
    assert "1" in as_desk.get(count).text


def test_opening_a_review_claims_it_and_is_recorded(
    as_desk: Browser, submitted: Prescription, desk_user: User
) -> None:
    page = as_desk.get(at("review", submitted))
    assert "Four elements" in page.text
    submitted.refresh_from_db()
    assert submitted.claimed_by == desk_user
    assert AuditEvent.objects.filter(action="prescription.viewed").exists()


def test_an_approval_opens_the_next_one(
    as_desk: Browser, submitted: Prescription, other_client: Client
) -> None:
    following = submitted_prescription(other_client)
    answer = as_desk.post(at("review", submitted), typed())
    assert answer.status_code == 302
    assert answer["Location"] == at("review", following)
    submitted.refresh_from_db()
    assert (submitted.status, submitted.authorized) == ("approved", 12)
    assert submitted.prescriber_npi == "1234567893"
    assert [d.code_id for d in submitted.diagnoses.all()] == ["M54.2"]
    assert "Approved: 12 visits" in as_desk.get(answer["Location"]).text


def test_the_last_approval_goes_back_to_the_queue(
    as_desk: Browser, submitted: Prescription
) -> None:
    assert as_desk.post(at("review", submitted), typed())["Location"] == QUEUE


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ("reason", "reason for medical necessity"),
        ("order_text", "number, frequency, and duration"),
        ("visits", "Confirm the number of visits"),
        ("modality", "Choose the modality"),
        ("codes", "at least one diagnosis code"),
        ("issued_on", "date the order was written"),
        ("through_on", "Confirm the last day"),
        ("prescriber_name", "Enter the prescriber"),
        ("prescriber_credential", "Choose the prescriber"),
        ("prescriber_npi", "NPI"),
        ("is_signed", "signed and dated"),
    ],
)
def test_what_is_missing_is_named_and_what_was_typed_is_kept(
    as_desk: Browser, submitted: Prescription, field: str, says: str
) -> None:
    answer = as_desk.post(at("review", submitted), typed(**{field: ""}))
    assert answer.status_code == 422
    assert says in answer.text
    kept = "Neck pain after long desk work" if field != "reason" else "2 sessions per week"
    assert kept in answer.text
    submitted.refresh_from_db()
    assert submitted.status == "submitted"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"codes": "M54.5"}, "M54.5 is a heading"),
        ({"codes": "G35"}, "G35 is a heading"),
        ({"codes": "S13.4A"}, "seven characters"),
        ({"prescriber_npi": "1234567890"}, "not a valid NPI"),
        ({"issued_on": "2099-01-01"}, "cannot be dated in the future"),
        ({"visits": "9999"}, "between 1 and 365"),
        ({"issued_on": "someday"}, "Enter a valid date"),
    ],
)
def test_what_is_wrong_is_named(
    as_desk: Browser, submitted: Prescription, fields: dict[str, str], says: str
) -> None:
    answer = as_desk.post(at("review", submitted), typed(**fields))
    assert answer.status_code == 422
    assert says in answer.text


def test_without_javascript_a_button_works_out_visits_and_last_day(
    as_desk: Browser, submitted: Prescription
) -> None:
    fields = typed(visits="", through_on="", issued_on="2026-11-18", decision="read")
    page = as_desk.post(at("review", submitted), fields)
    assert page.status_code == 200
    assert 'value="12"' in page.text
    assert 'value="2026-12-29"' in page.text
    assert "Neck pain after long desk work" in page.text


def test_asking_for_information_needs_a_reason_and_loses_nothing(
    as_desk: Browser, submitted: Prescription
) -> None:
    answer = as_desk.post(at("review", submitted), typed(decision="ask", note="Which side?"))
    assert answer.status_code == 422
    assert "Choose what is wrong" in answer.text
    assert "Which side?" in answer.text
    assert "Neck pain after long desk work" in answer.text
    fields = typed(decision="ask", refusal="no_frequency", note="Which side?")
    assert as_desk.post(at("review", submitted), fields).status_code == 302
    submitted.refresh_from_db()
    assert submitted.status == "needs_information"
    assert submitted.decisions.get().note == "Which side?"
    assert "Number, frequency, or duration" in as_desk.get(QUEUE).text


def test_a_rejection_is_final_and_shown_as_a_record(
    as_desk: Browser, submitted: Prescription
) -> None:
    as_desk.post(at("review", submitted), {"decision": "reject", "refusal": "wrong_person"})
    page = as_desk.get(at("review", submitted))
    assert "Not accepted" in page.text
    assert "Approve and open next" not in page.text


def test_a_second_decision_is_told_what_happened(as_desk: Browser, submitted: Prescription) -> None:
    as_desk.post(at("review", submitted), typed())
    again = as_desk.post(at("review", submitted), typed(), follow=True)
    assert "already changed this" in again.text
    assert submitted.decisions.count() == 1


def test_a_copy_that_came_in_meanwhile_is_read_before_it_is_decided(
    as_desk: Browser, submitted: Prescription, other_client: Client
) -> None:
    shown = str(submitted.document_id)
    assert f'value="{shown}"' in as_desk.get(at("review", submitted)).text
    better = submitted_prescription(other_client).document
    Prescription.objects.filter(pk=submitted.pk).update(document=better)
    for decision in ({"decision": "approve"}, {"decision": "reject", "refusal": "wrong_person"}):
        answer = as_desk.post(at("review", submitted), typed(document=shown, **decision))
        assert (answer.status_code, "A better copy came in" in answer.text) == (422, True)
        submitted.refresh_from_db()
        assert submitted.status == "submitted"
    assert f'value="{better.pk}"' in answer.text  # now it is on the page
    answer = as_desk.post(at("review", submitted), typed(document=str(better.pk)))
    assert answer.status_code == 302


def test_a_colleagues_review_is_announced_and_can_be_taken_over(
    as_desk: Browser, submitted: Prescription, manager_user: User
) -> None:
    services.claim(actor=manager_user, prescription=submitted)
    assert "opened this at" in as_desk.get(at("review", submitted)).text
    refused = as_desk.post(at("review", submitted), typed())
    assert refused.status_code == 422
    assert "colleague is reviewing" in refused.text
    as_desk.post(at("take-over", submitted))
    assert as_desk.post(at("review", submitted), typed()).status_code == 302


def test_an_answer_by_telephone_reopens(
    as_desk: Browser, submitted: Prescription, desk_user: User
) -> None:
    services.ask_for_information(actor=desk_user, prescription=submitted, reason="other")
    assert "Put it back" in as_desk.get(at("review", submitted)).text
    as_desk.post(at("reopen", submitted))
    assert "Approve and open next" in as_desk.get(at("review", submitted)).text
    assert "already changed" in as_desk.post(at("reopen", submitted), follow=True).text


@pytest.mark.usefixtures("in_care")
def test_a_therapist_reads_the_record_and_decides_nothing(
    as_therapist: Browser, submitted: Prescription
) -> None:
    page = as_therapist.get(at("review", submitted))
    assert "In review" in page.text
    assert "Approve and open next" not in page.text
    assert as_therapist.post(at("review", submitted), typed()).status_code == 403
    assert as_therapist.get(QUEUE).status_code == 403
    submitted.refresh_from_db()
    assert (submitted.status, submitted.claimed_by) == ("submitted", None)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"order_text": "2 sessions per week for 6 weeks", "issued_on": "2026-11-18"},
            ["<b>12 visits</b>", "Nov 18 to Dec 29, 2026", 'data-visits="12"'],
        ),
        ({"order_text": "1-2x/week for 6 weeks", "issued_on": "2026-11-18"}, ["read another way"]),
        ({"order_text": "2 per month for 2 years", "issued_on": "2026-11-18"}, ["Limited to 12"]),
        ({"order_text": "biweekly for 6 weeks", "issued_on": "2026-11-18"}, ["two ways"]),
        ({"order_text": "2x/week for 6 weeks", "issued_on": ""}, ["date it was written"]),
        ({"order_text": "2x/week for 6 weeks", "issued_on": "2026-13-45"}, ["date it was"]),
        ({"order_text": "2x/week for 6 weeks", "issued_on": "9999-12-31"}, ["date it was"]),
        ({"order_text": "2x/week for 6 weeks", "starts_on": "0001-01-01"}, ["date it was"]),
        ({"order_text": "2x/week until 12/31/9999", "issued_on": "2026-11-18"}, ["Limited to 12"]),
        ({"order_text": "", "issued_on": "2026-11-18"}, []),
    ],
)
def test_the_order_hint_says_what_the_words_come_to(
    as_desk: Browser, location: Location, fields: dict[str, str], says: list[str]
) -> None:
    page = as_desk.post(reverse("prescriptions:order-hint"), fields)
    assert page.status_code == 200
    for words in says:
        assert words in page.text


def test_the_codes_hint_judges_each_code(as_desk: Browser, location: Location, codes: None) -> None:
    page = as_desk.post(reverse("prescriptions:codes-hint"), {"codes": "m54.2, M54.5, M54.59"})
    assert "Cervicalgia" in page.text
    assert "M54.5 is a heading" in page.text
    assert "Other low back pain" in page.text


@pytest.mark.parametrize(
    ("number", "says"), [("1234567893", "Valid"), ("1234567890", "Not a valid"), ("12", "")]
)
def test_the_npi_hint_checks_the_digits(
    as_desk: Browser, location: Location, number: str, says: str
) -> None:
    page = as_desk.post(reverse("prescriptions:npi-hint"), {"prescriber_npi": number})
    assert says in page.text


def test_the_message_is_previewed_as_it_goes_out(as_desk: Browser, submitted: Prescription) -> None:
    page = as_desk.post(
        at("preview", submitted), {"refusal": "not_signed", "note": "<b>Page two</b>"}
    )
    assert "Hello Ana" in page.text
    assert "signature or date is missing" in page.text
    assert "&lt;b&gt;Page two" in page.text


def test_codes_are_searched_beside_the_form_or_on_a_page(
    as_desk: Browser, location: Location, codes: None
) -> None:
    search = reverse("prescriptions:diagnoses")
    fragment = as_desk.post(search, {"q": "cervical"}, headers=HTMX)
    assert 'data-add-code="M54.2"' in fragment.text
    page = as_desk.post(search, {"q": "low back"})
    assert "<h1>" in page.text
    assert "M54.50" in page.text
    assert "Nothing found" in as_desk.post(search, {"q": "zebra"}).text


@pytest.mark.usefixtures("in_care")
def test_the_record_of_a_client_lists_their_prescriptions(
    as_desk: Browser, as_therapist: Browser, client_record: Client, other_client: Client
) -> None:
    mine = approved_prescription(client_record)
    theirs = approved_prescription(other_client)
    panel = reverse("prescriptions:client-panel", args=[client_record.pk])
    for browser in (as_desk, as_therapist):
        page = browser.get(panel)
        assert at("review", mine) in page.text
        assert at("review", theirs) not in page.text
        assert "<html" not in browser.get(panel, headers=HTMX).text


def test_a_paper_handed_over_at_the_desk_goes_straight_to_review(
    as_desk: Browser, client_record: Client, desk_user: User, location: Location, send: Send
) -> None:
    upload = reverse("prescriptions:desk-upload", args=[client_record.pk])
    assert as_desk.get(upload).status_code == 200
    bad = SimpleUploadedFile("x.pdf", b"junk")
    assert as_desk.post(upload, {"document": bad}).status_code == 422
    good = SimpleUploadedFile("x.pdf", paper.pdf())
    answer = send(as_desk, upload, {"document": good})
    prescription = Prescription.objects.get()
    assert as_desk.get(answer["Location"])["Location"] == at("review", prescription)
    assert prescription.source == "desk"
    assert (prescription.client, prescription.submitted_by) == (client_record, desk_user)


def test_a_faxed_better_copy_answers_the_one_that_was_asked_about(
    as_desk: Browser, client_record: Client, desk_user: User, location: Location, send: Send
) -> None:
    asked = submitted_prescription(client_record)
    services.ask_for_information(actor=desk_user, prescription=asked, reason="illegible")
    upload = reverse("prescriptions:desk-upload", args=[client_record.pk])
    assert "A better copy of the one sent on" in as_desk.get(upload).text
    unsaid = as_desk.post(upload, {"document": SimpleUploadedFile("x.pdf", paper.pdf())})
    assert (unsaid.status_code, "new prescription or the copy" in unsaid.text) == (422, True)
    copy = SimpleUploadedFile("x.pdf", paper.pdf())
    answer = send(as_desk, upload, {"document": copy, "answers": str(asked.pk)})
    assert as_desk.get(answer["Location"])["Location"] == at("review", asked)
    asked.refresh_from_db()
    assert (asked.status, asked.source) == ("submitted", "desk")
    other = SimpleUploadedFile("y.pdf", paper.pdf(pages=2))
    assert "What is it?" not in as_desk.get(upload).text, "nothing is asked for any more"
    send(as_desk, upload, {"document": other, "answers": "new"})
    assert client_record.prescriptions.count() == 2


def test_an_approved_one_is_shown_with_its_ledger_and_what_replaced_it(
    as_desk: Browser, client_record: Client, approved: Prescription
) -> None:
    ledger.reserve_visit(actor=None, prescription=approved, on=clinic_today())
    newer = approved_prescription(client_record)
    page = as_desk.get(at("review", approved)).text
    assert "Replaced by a newer one" in page
    assert at("review", newer) in page
    assert "Booked" in page


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "2101-01-01"])
def test_a_day_far_outside_is_a_mistake_and_not_a_crash(
    as_desk: Browser, submitted: Prescription, day: str
) -> None:
    worked_out = as_desk.post(at("review", submitted), typed(starts_on=day, decision="read"))
    assert worked_out.status_code == 200
    answer = as_desk.post(at("review", submitted), typed(starts_on=day, through_on=day))
    assert answer.status_code == 422
    assert "Check the year" in answer.text
    submitted.refresh_from_db()
    assert submitted.status == "submitted"


def test_a_nul_byte_finds_nothing_and_breaks_nothing(
    as_desk: Browser, submitted: Prescription
) -> None:
    search = reverse("prescriptions:diagnoses")
    assert "M54.2" in as_desk.post(search, {"q": "cervicalgia\0"}).text
    assert as_desk.post(search, {"q": "a\0"}).status_code == 200
    hint = as_desk.post(reverse("prescriptions:codes-hint"), {"codes": "M54.2\0, \0"})
    assert "Cervicalgia" in hint.text
    assert as_desk.post(at("review", submitted), typed(codes="M54.2\0")).status_code == 422


def test_the_title_of_a_review_names_nobody(as_desk: Browser, submitted: Prescription) -> None:
    page = as_desk.get(at("review", submitted)).text
    title = page[page.index("<title>") : page.index("</title>")]
    assert "Lima" not in title
    assert "Review a prescription" in title


def test_the_checklist_answers_what_is_typed(as_desk: Browser, submitted: Prescription) -> None:
    complete = as_desk.post(at("checklist", submitted), typed(regions="back-neck-middle"))
    assert "Ready to approve" in complete.text
    assert "to double-check" not in complete.text
    doubtful = as_desk.post(at("checklist", submitted), typed())
    assert "1 to double-check" in doubtful.text
    assert "No treatment area is chosen" in doubtful.text
    odd = {"issued_on": "someday", "visits": "x", "codes": "\0", "regions": "front-tail-middle"}
    assert "still open" in as_desk.post(at("checklist", submitted), odd).text


def test_the_payers_authorisation_is_asked_for_where_one_authorises(
    as_desk: Browser, submitted: Prescription, client_record: Client
) -> None:
    assert "Authorized by the payer" not in as_desk.get(at("review", submitted)).text
    client_record.payer = Payer.objects.create(name="Auto", kind=Payer.Kind.AUTO_NO_FAULT)
    client_record.save()
    refused = as_desk.post(at("review", submitted), typed())
    assert refused.status_code == 422
    assert "Confirm that the payer has authorized" in refused.text
    agreed = as_desk.post(at("review", submitted), typed() | {"is_authorized": "on"})
    assert agreed.status_code == 302
    submitted.refresh_from_db()
    assert submitted.is_authorized


def test_the_places_ticked_are_stored_in_their_order_and_shown(
    as_desk: Browser, as_client: Browser, submitted: Prescription
) -> None:
    chosen = ["back-shoulder-left", "back-neck-middle"]
    as_desk.post(at("review", submitted), typed() | {"regions": chosen})
    assert list(submitted.regions.values_list("place", flat=True)) == chosen
    for page in (as_desk.get(at("review", submitted)), as_client.get(at("detail", submitted))):
        assert "Back of the left shoulder · Back of the neck" in page.text
        assert 'class="place on"' in page.text


def test_places_survive_a_refusal_and_the_working_out(
    as_desk: Browser, submitted: Prescription
) -> None:
    chosen = {"regions": ["back-neck-middle", "front-hip-left"]}
    for fields, status in ((typed(decision="read"), 200), (typed(reason=""), 422)):
        answer = as_desk.post(at("review", submitted), fields | chosen)
        assert answer.status_code == status
        assert "Front of the neck" in answer.text
        assert re.search("Back of the neck ·\\s+Left hip", answer.text)


def test_a_place_that_does_not_exist_is_refused(as_desk: Browser, submitted: Prescription) -> None:
    answer = as_desk.post(at("review", submitted), typed(regions="front-tail-middle"))
    assert answer.status_code == 422


def test_the_same_order_twice_is_pointed_out(
    as_desk: Browser, client_record: Client, submitted: Prescription
) -> None:
    approved_prescription(client_record)
    assert "same codes and the same date" in as_desk.post(at("checklist", submitted), typed()).text
    other_day = typed(issued_on="2026-01-02")
    assert "same codes" not in as_desk.post(at("checklist", submitted), other_day).text
