"""The main job, walked in a browser on the product as `make run` starts it.

Web, worker, beat, PostgreSQL and Redis are real, mail goes to a real SMTP listener, the PDF is
read. Only the calendar is helped along: the visit is brought to today, as the days would do.
"""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from operator import ne
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import icalendar
import psycopg2
import pytest
from playwright.sync_api import expect
from pypdf import PdfReader

from tests.e2e import leaks
from tests.e2e.mail import Mailbox, calendar_of, text_of
from tests.runtime.product import Product, open_folder, running_product

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, FilePayload, Page, ViewportSize

NEW_YORK = ZoneInfo("America/New_York")
pytestmark = [pytest.mark.e2e, pytest.mark.slow]

PHONE: ViewportSize = {"width": 390, "height": 844}
COMPUTER: ViewportSize = {"width": 1280, "height": 800}
PASSWORD = "demo-clinic-2026"
EMAIL = "nadia.brooks@example.test"
FIRST, LAST, BORN = "Nadia", "Brooks", "03/09/1985"
THERAPIST = "Dana Ruiz, LMT"
PATIENCE = 60_000  # ms; the machine may be busy
PRACTICE = "Riverside Family Medicine"  # stands in the file alone
PAIN = "Neck pain after long desk work"
ORDER = "2 sessions per week for 6 weeks"
ALLERGY, NOTE = "hazelnut oil", "it hurts at night"
SORE = "back-lower-back-middle"
KIN = ("Samuel Brookfield", "half-brother", "212) 555-0143")
FOUND, RESPONSE = "Left levator like a rope", "Turned farther than in June"
NOTED = {
    "reason": "Stiff by the evening",
    "findings": FOUND,
    "treated": "Neck and shoulders",
    "response": RESPONSE,
    "advice": "Chin tucks",
    "plan": "Once a week",
}
SCORED = {"pain_now": "6", "pain_after": "3"}
PROPOSED = "Once a week would do from spring"
SEALED = (*KIN, PRACTICE, PAIN, ORDER, ALLERGY, NOTE, FOUND, RESPONSE, PROPOSED)
HANDS_ON = {"Neuromuscular therapy": 40, "Massage strokes": 13}

WELL: dict[str, str] = {
    "emergency_signs": "none",
    "today": "none",
    "acute_injury": "no",
    "emergency_name": "Samuel Brookfield",
    "emergency_relationship": "half-brother",
    "emergency_phone": "(212) 555-0143",
    "goals": "less_pain",
    "pain_now": "5",
    "pain_best": "2",
    "pain_worst": "8",
    "blood_clot": "no",
    "blood_pressure": "no",
    "conditions": "none",
    "cancer": "no",
    "lymph_nodes": "no",
    "skin": "none",
    "blood_thinner": "no",
    "allergies": "yes",
    "allergies_what": ALLERGY,
    "implants": "none",
    "surgery": "no",
    "fracture": "no",
    "pregnant": "no",
    "pressure": "medium",
}


@contextmanager
def clinic() -> Iterator[tuple[Product, Mailbox]]:
    with (
        Mailbox() as mailbox,
        open_folder() as folder,
        running_product(folder / "data", EMAIL_URL=mailbox.url, CLINIC_DEMO="1") as product,
    ):
        yield product, mailbox


class Walk:
    """One clinic, one visit, and the people around it."""

    def __init__(self, product: Product, mailbox: Mailbox, chromium: Browser) -> None:
        self.product, self.mailbox, self.chromium = product, mailbox, chromium
        self.appointment = ""

    def page(self, size: ViewportSize) -> Page:
        context = self.chromium.new_context(
            base_url=self.product.url, viewport=size, accept_downloads=True
        )
        context.set_default_timeout(PATIENCE)
        return context.new_page()

    def staff(self, email: str) -> Page:
        page = self.page(COMPUTER)
        page.goto("/accounts/login/")
        page.get_by_label("Email").fill(email)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(re.compile("/desk/"))
        return page

    def sql(self, statement: str, **values: Any) -> list[tuple[Any, ...]]:
        with psycopg2.connect(self.product.environment["DATABASE_URL"]) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


def test_from_the_first_visit_to_the_receipt(chromium: Browser) -> None:
    with clinic() as (product, mailbox):
        walk = Walk(product, mailbox, chromium)
        avoid_midnight(walk)
        books(walk)
        client = signs_in(walk)
        answers_the_questionnaire(client)
        uploads_the_prescription(client)
        approves_the_prescription(walk)
        gets_one_reminder(walk)
        bring_the_visit_to_today(walk)
        is_treated(walk)
        is_written_up(walk, client)
        goes_home_with(client)
        the_physician_is_told(walk, client)
        pays(walk)
        downloads_the_receipt(walk, client)
        assert len(mailbox.to(EMAIL, containing="reminder of your appointment")) == 1
        leaves_nothing_readable(walk)


def avoid_midnight(walk: Walk) -> None:
    """An hour's visit cannot lie behind us in the first hour of a day; move the clinic west."""
    if datetime.now(NEW_YORK).hour < 2:
        walk.sql("UPDATE clinic_location SET timezone = 'America/Los_Angeles'")


def zone_of(walk: Walk) -> ZoneInfo:
    return ZoneInfo(walk.sql("SELECT timezone FROM clinic_location")[0][0])


def books(walk: Walk) -> None:
    page = walk.page(PHONE)
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("$100.00").first).to_be_visible()
    page.get_by_role("link", name="Book a visit").first.click()
    page.get_by_role("link", name="60 minutes Medical massage").click()
    page.wait_for_url(re.compile("/book/.{36}/"))
    with page.expect_response(re.compile("therapist=")):
        page.get_by_label("Therapist").select_option(label=THERAPIST)
    expect(page.get_by_text(f"with {THERAPIST}")).to_be_visible()
    page.get_by_role("button", name="Take this time").click()

    page.get_by_label("First name").fill(FIRST)
    page.get_by_label("Last name").fill(LAST)
    page.get_by_label("Date of birth").fill(BORN)
    page.get_by_label("Mobile").fill("(212) 555-0147")
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_text("This field is required").first).to_be_visible()
    expect(page.get_by_label("Last name")).to_have_value(LAST)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Book this visit").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("your visit is booked")

    ((walk.appointment, starts_at, uid),) = walk.sql(
        "SELECT a.id::text, a.starts_at, a.ical_uid::text FROM booking_appointment a"
        " JOIN clinic_client c ON c.id = a.client_id WHERE c.last_name = %(last)s",
        last=LAST,
    )
    mail = walk.mailbox.wait_for(EMAIL, containing="is booked")
    assert "massage" not in text_of(mail).replace("Stillwater Medical Massage", "").lower()
    (event,) = icalendar.Calendar.from_ical(calendar_of(mail)).walk("VEVENT")
    assert event.decoded("DTSTART").astimezone(UTC) == starts_at
    assert event.decoded("DTEND").astimezone(UTC) == starts_at + timedelta(minutes=60)
    assert uid in str(event["UID"])


def signs_in(walk: Walk) -> Page:
    page = walk.page(PHONE)
    page.goto("/accounts/login/code/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_role("button", name="Email me a code").click()
    page.wait_for_url(re.compile("confirm"))
    mail = text_of(walk.mailbox.wait_for(EMAIL, containing="Your sign-in code"))
    code = re.search(r"^\s*([A-Z0-9]{3,}-[A-Z0-9]{3,})\s*$", mail, re.MULTILINE)
    assert code is not None, mail
    page.get_by_label("Code").fill(code[1])
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(re.compile("/portal/$"))
    panel = page.locator("main")
    expect(panel).to_contain_text("Dana Ruiz")
    expect(panel).to_contain_text("Health questionnaire")
    expect(panel).to_contain_text("Prescription")
    return page


def answers_the_questionnaire(page: Page) -> None:
    page.goto("/portal/intake/")
    page.get_by_role("button", name="Start").click()
    page.wait_for_url(re.compile("/portal/intake/.{36}/"))
    while "/review/" not in page.url:
        for name, answer in WELL.items():
            choice = page.locator(f'[name="{name}"][value="{answer}"]')
            field = page.locator(f'input[name="{name}"]:not([type=radio]):not([type=checkbox])')
            if choice.count():
                choice.check(force=True)
            elif field.count():
                field.fill(answer)
        if (sore := page.locator(f'[data-place="{SORE}"]')).count():
            sore.click()
        moved_on = partial(ne, page.url)
        page.get_by_role("button", name="Next").click()
        page.wait_for_url(moved_on)
    expect(page.locator("main")).to_contain_text("Lower back, at the spine: Ache, 5 out of 10")
    for box in page.locator("form input[type=checkbox]").all():
        box.check()
    page.get_by_label("full name").fill(f"{FIRST} {LAST}")
    page.get_by_role("button", name="Sign", exact=True).click()
    page.wait_for_url(re.compile("/signed/|/portal/"))


def script() -> FilePayload:
    """What the physician wrote, as a PDF."""
    text = f"""<h1>{PRACTICE}</h1><p>Patient: {FIRST} {LAST}, born {BORN}</p>
        <p>Massage therapy for neck pain, M54.2. 2 sessions per week for 6 weeks.</p>
        <p>K. Osei, MD, NPI 1234567893</p>"""
    # In a process of its own: what is not printed by us takes its fonts from the machine.
    code = "import sys, weasyprint as w; w.HTML(sys.stdin.buffer).write_pdf(sys.stdout.buffer)"
    command = [sys.executable, "-c", code]
    pdf = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
    return {"name": "script.pdf", "mimeType": "application/pdf", "buffer": pdf}


def uploads_the_prescription(page: Page) -> None:
    page.goto("/portal/prescriptions/upload/")
    chooser = page.locator("input[type=file]")
    chooser.set_input_files(
        {"name": "script.pdf", "mimeType": "application/pdf", "buffer": b"<html>no</html>"}
    )
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_be_visible()
    chooser.set_input_files(script())
    page.locator("#id_note").fill(NOTE)
    page.get_by_role("button", name="Send").click()
    page.wait_for_url(lambda url: "upload" not in url)
    expect(page.locator("main")).to_contain_text("review")


def approves_the_prescription(walk: Walk) -> None:
    page = walk.staff("desk@example.test")
    page.goto("/desk/prescriptions/")
    page.get_by_role("link", name=re.compile(f"{FIRST} {LAST}")).first.click()
    expect(page.locator("img").first).to_be_visible()
    review = page.url
    page.locator("#id_reason").fill(PAIN)
    page.locator("#id_issued_on").fill(datetime.now(zone_of(walk)).date().isoformat())
    page.locator("#id_order_text").fill(ORDER)
    expect(page.locator("#order-hint")).to_contain_text("12 visits")
    page.locator("#id_modality").select_option(label="Massage therapy")
    page.locator("#id_codes").fill("M54.5")
    page.locator("#id_prescriber_name").fill("Kwame Osei")
    page.locator("#id_prescriber_credential").select_option("MD")
    page.locator("#id_prescriber_npi").fill("1234567890")
    for box in ("legible", "this_person", "signed"):
        page.locator(f"#id_is_{box}").check()
    page.get_by_role("button", name="Approve and open next").click()
    expect(page.get_by_role("alert").first).to_be_visible()
    assert status_of_prescription(walk) == "submitted"

    page.locator("#id_codes").fill("M54.2")
    page.locator("#id_prescriber_npi").fill("1234567893")
    page.get_by_role("button", name="Approve and open next").click()
    page.wait_for_url(lambda url: url != review)
    assert status_of_prescription(walk) == "approved"
    walk.mailbox.wait_for(EMAIL, containing="update in your account")


def status_of_prescription(walk: Walk) -> str:
    ((status,),) = walk.sql(
        "SELECT p.status FROM prescriptions_prescription p"
        " JOIN clinic_client c ON c.id = p.client_id WHERE c.last_name = %(last)s",
        last=LAST,
    )
    return str(status)


def shift(walk: Walk, start: datetime) -> None:
    """Put the visit at another time, over whatever the demo has there."""
    walk.sql(
        """
        UPDATE booking_appointment other SET status = 'cancelled' FROM booking_appointment mine
        WHERE mine.id = %(id)s AND other.id <> mine.id
          AND (other.therapist_id = mine.therapist_id OR other.room_id = mine.room_id)
          AND other.blocked && tstzrange(%(start)s, %(start)s + interval '2 hours');
        UPDATE treatment_visit v SET times_checked = false,
          started_at = v.started_at - interval '9 days',
          stopped_at = v.stopped_at - interval '9 days'
        FROM booking_appointment other, booking_appointment mine
        WHERE v.appointment_id = other.id AND mine.id = %(id)s AND other.id <> mine.id
          AND (v.therapist_id = mine.therapist_id OR other.room_id = mine.room_id)
          AND v.started_at > %(start)s - interval '3 hours';
        UPDATE booking_appointment SET starts_at = %(start)s,
          ends_at = %(start)s + interval '60 minutes',
          blocked = tstzrange(%(start)s, %(start)s + interval '75 minutes') WHERE id = %(id)s;
        UPDATE prescriptions_visitreservation r SET visit_on = (%(start)s)::date
          FROM booking_appointment a WHERE a.reservation_id = r.id AND a.id = %(id)s;
        """,
        id=walk.appointment,
        start=start,
    )


def gets_one_reminder(walk: Walk) -> None:
    """The visit comes within the reminder's day; beat sees it."""
    ((starts_at,),) = walk.sql(
        "SELECT starts_at FROM booking_appointment WHERE id = %(id)s", id=walk.appointment
    )
    soon = datetime.now(UTC) + timedelta(hours=23)
    if starts_at > soon:
        shift(walk, soon)
    # Anyone who has booked within that day has just been written to anyway.
    walk.sql(
        "UPDATE booking_appointment SET booked_at = booked_at - interval '3 days'"
        " WHERE id = %(id)s",
        id=walk.appointment,
    )
    mail = walk.mailbox.wait_for(EMAIL, containing="reminder of your appointment", seconds=120)
    assert "M54" not in text_of(mail)


def bring_the_visit_to_today(walk: Walk) -> None:
    shift(walk, datetime.now(UTC) - timedelta(minutes=61))


def is_treated(walk: Walk) -> None:
    desk = walk.staff("desk@example.test")
    desk.goto(f"/desk/appointments/{walk.appointment}/")
    desk.get_by_role("button", name="Check in").click()
    expect(desk.get_by_text("Checked in").first).to_be_visible()

    page = walk.staff("therapist@example.test")
    page.goto(f"/desk/appointments/{walk.appointment}/")
    page.get_by_role("button", name="Start the session").click()
    page.wait_for_url(re.compile("/desk/visits/"))
    started = datetime.now(UTC) - timedelta(minutes=60)
    at = started.astimezone(zone_of(walk)).strftime("%H:%M")
    page.get_by_label("Started").fill(at)
    page.get_by_role("button", name="Now").click()
    for technique, minutes in HANDS_ON.items():
        page.get_by_label(technique, exact=True).fill(str(minutes))
    expect(page.locator("[data-minutes-total]")).to_have_text("53")
    page.get_by_role("button", name="Finish the session").click()
    expect(page.get_by_text("the client arrived at").first).to_be_visible()
    page.get_by_label("Arrived").fill(at)  # the check-in was late
    page.get_by_role("button", name="Finish the session").click()
    page.get_by_label("Why is it so?").fill("checked in late")
    page.get_by_role("button", name="Finish the session").click()
    expect(page.get_by_text("Finished").first).to_be_visible()
    (ledger,) = walk.sql(
        "SELECT authorized, used, reserved FROM prescriptions_prescription p"
        " JOIN clinic_client c ON c.id = p.client_id WHERE c.last_name = %(last)s",
        last=LAST,
    )
    assert ledger == (12, 1, 0)


def is_written_up(walk: Walk, client: Page) -> None:
    """The note: kept while it is typed, signed, and read by the client."""
    page = walk.staff("therapist@example.test")
    page.goto("/desk/today/")
    page.locator("#to-sign ~ .rows").get_by_role("link", name=f"{FIRST} {LAST}").click()
    for name, words in NOTED.items():
        page.locator(f"#id_{name}").fill(words)
    for name, score in SCORED.items():
        page.locator(f"label:has(input[name={name}][value='{score}'])").click()
    page.locator(f"[data-place='{SORE}']").click()
    page.locator("label:has(input[name=given])").first.click()
    expect(page.locator("[data-note-state]")).to_contain_text("Kept at")
    page.get_by_role("button", name="Sign the note").click()
    page.wait_for_url("**/desk/today/")
    client.goto("/portal/progress/")
    client.locator(".figures tbody a").first.click()
    expect(client.locator("main")).to_contain_text(FOUND)
    expect(client.locator("main")).to_contain_text("6 / 10")


def goes_home_with(client: Page) -> None:
    """What to do there, what was done, and how it helped: the client's own pages."""
    client.goto("/portal/self-care/")
    client.get_by_role("button", name=re.compile("Done today")).first.click()
    expect(client.get_by_text("Done today").first).to_be_visible()
    client.goto("/portal/progress/")
    client.get_by_role("link", name=re.compile("this is what we did")).click()
    expect(client.locator("main")).to_contain_text("53 min")
    client.get_by_role("button", name="Yes, this is what we did").click()
    client.goto("/portal/progress/")
    client.get_by_role("button", name="It still helps").click()
    client.get_by_role("button", name="2", exact=True).click()
    expect(client.get_by_text("Thank you, that is all.")).to_be_visible()


def the_physician_is_told(walk: Walk, client: Page) -> None:
    """A letter is drafted from the record, read, signed, and goes nowhere without consent."""
    page = walk.staff("therapist@example.test")
    ((client_id,),) = walk.sql("SELECT id FROM clinic_client WHERE last_name = %(last)s", last=LAST)
    page.goto(f"/desk/clients/{client_id}/letters/")
    page.get_by_role("button", name="Write a letter").click()
    expect(page.get_by_text("1 of 12 used")).to_be_visible()
    expect(page.locator("main")).to_contain_text(ORDER)
    page.get_by_label("Continue: ask for a new order").check()
    page.get_by_label("Why, and what you propose").fill(PROPOSED)
    page.get_by_role("button", name="I have read it: sign").click()
    expect(page.get_by_text("Signed. It can be sent now.")).to_be_visible()
    expect(page.get_by_role("button", name="Send a link to")).to_have_count(0)
    client.goto("/portal/letters/")
    expect(client.locator("main")).not_to_contain_text(PROPOSED)


def pays(walk: Walk) -> None:
    page = walk.staff("desk@example.test")
    page.goto(f"/desk/appointments/{walk.appointment}/payment/")
    expect(page.locator("main")).to_contain_text("$100.00")
    page.get_by_label("HSA card").check()
    page.get_by_label("Amount").fill("250")
    page.get_by_role("button", name="Take payment", exact=True).click()
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_label("Amount").fill("100.00")
    page.get_by_label("Last four").fill("4242")
    page.get_by_role("button", name="Take payment", exact=True).click()
    expect(page.get_by_text("Payment taken.")).to_be_visible()
    page.goto(f"/desk/appointments/{walk.appointment}/payment/")
    page.get_by_role("button", name="Issue the receipt").click()
    expect(page.get_by_text(re.compile("Receipt .* issued"))).to_be_visible()


def downloads_the_receipt(walk: Walk, client: Page) -> None:
    walk.mailbox.wait_for(EMAIL, containing="A document is ready")
    client.goto("/portal/receipts/")
    client.get_by_role("link", name=re.compile("Receipt 2")).first.click()
    with client.expect_download() as download:
        client.get_by_role("link", name="Download the PDF").click()
    path = download.value.path()
    text = PdfReader(BytesIO(path.read_bytes())).pages[0].extract_text()
    for words in (f"{FIRST} {LAST}", "Dana Ruiz", "Kwame Osei", "HSA", "$100.00", "$0.00"):
        assert words in text, text
    assert "M54" not in text
    ((units, listed, discount, net, paid, balance, series),) = walk.sql(
        """
        SELECT sum(l.units), r.list_cents, r.discount_cents, r.net_cents, r.paid_cents,
          r.balance_cents, (SELECT count(*) = max(serial)
            FROM billing_billingdocument WHERE kind = 'receipt')
        FROM billing_billingdocument r JOIN billing_documentline l ON l.document_id = r.id
        JOIN clinic_client c ON c.id = r.client_id WHERE c.last_name = %(last)s
        GROUP BY r.id
        """,
        last=LAST,
    )
    assert (units, listed, discount, net, paid, balance) == (4, 10000, 0, 10000, 10000, 0)
    assert series, "the receipt numbers have a gap"


def leaves_nothing_readable(walk: Walk) -> None:
    """Without the key a dump and the documents show no answer and no file; the logs name nobody."""
    assert leaks.told_by_a_dump(walk.product, [LAST]), "a dump does show what is kept openly"
    assert leaks.told_by_a_dump(walk.product, SEALED) == set()
    assert leaks.coded_in_a_dump(walk.product) == set()
    assert leaks.told_by_the_files(walk.product, SEALED) == set()
    assert leaks.told_by_the_logs(walk.product, SEALED) == set()
