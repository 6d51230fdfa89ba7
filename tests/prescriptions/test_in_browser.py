"""Sending and reviewing in a real browser: by keyboard, files kept, nothing for axe to find."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from clinic.celery import app
from clinic.selectors import clinic_today
from prescriptions.models import Upload
from prescriptions.reviewing import queue as needed
from prescriptions.reviewing import services
from prescriptions.uploading import receiving
from tests.browser import COMPUTER, PHONE, faults, resize
from tests.prescriptions import paper
from tests.prescriptions.factories import (
    approved_prescription,
    make_codes,
    submitted_prescription,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Session
    from playwright.sync_api import Browser, FilePayload, Page, Route
    from pytest_django.live_server_helper import LiveServer

    from clinic.models import Client, Location, User
    from prescriptions.models import Prescription

    OpenPage = Callable[[str, Session], Page]

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]

TABS = 80  # more presses than the page has stops
PHOTO: FilePayload = {"name": "order.jpg", "mimeType": "image/jpeg", "buffer": paper.photo()}
TWO_PAGES: FilePayload = {
    "name": "two.pdf",
    "mimeType": "application/pdf",
    "buffer": paper.pdf(pages=2),
}
LOCKED: FilePayload = {
    "name": "locked.pdf",
    "mimeType": "application/pdf",
    "buffer": paper.encrypted_pdf(),
}
SLOW = 30_000  # ms: the children that look at files start a Python each
JUNK: FilePayload = {"name": "order.pdf", "mimeType": "application/pdf", "buffer": b"junk"}


@pytest.fixture
def open_as(chromium: Browser, live_server: LiveServer) -> Iterator[OpenPage]:
    contexts = []

    def opened(path: str, session: Session) -> Page:
        size = {"width": COMPUTER, "height": 800}
        context = chromium.new_context(viewport=size, reduced_motion="reduce")  # type: ignore[arg-type]
        contexts.append(context)
        for name, cookie in session.cookies.items():
            context.add_cookies([{"name": name, "value": cookie.value, "url": live_server.url}])
        page = context.new_page()
        page.goto(live_server.url + path, wait_until="load")
        return page

    yield opened
    for context in contexts:
        context.close()


def at(name: str, prescription: Prescription) -> str:
    return reverse(f"prescriptions:{name}", args=[prescription.pk])


def tab_to(page: Page, selector: str) -> None:
    """Only the Tab key, as somebody without a mouse."""
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            return
    pytest.fail(f"Tab never reached {selector}")


def test_a_whole_review_by_keyboard_alone(
    open_as: OpenPage, as_desk: Session, client_record: Client, location: Location
) -> None:
    make_codes()
    prescription = submitted_prescription(client_record)
    page = open_as(at("review", prescription), as_desk)
    # The text of the PDF has filled the form; a number typed over the proposal stays typed.
    expect(page.locator("#order-hint")).to_contain_text("12 visits, Nov 18 to Dec 29, 2026")
    tab_to(page, "#id_order_text")
    page.keyboard.press("Control+A")
    page.keyboard.type("1x/week for 6 weeks")
    expect(page.locator("#id_visits")).to_have_value("6")
    tab_to(page, "#id_visits")
    page.keyboard.press("Control+A")
    page.keyboard.type("5")
    tab_to(page, "#diagnosis-words")
    page.keyboard.type("low back")
    expect(page.locator('[data-add-code="M54.50"]')).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#id_codes")).to_have_value("M54.2, M54.50")
    expect(page.locator("#codes-hint")).to_contain_text("Low back pain, unspecified")
    tab_to(page, ".areas summary")
    page.keyboard.press("Enter")
    tab_to(page, '[value="back-neck-middle"]')
    page.keyboard.press("Space")
    expect(page.locator("[data-areas-chosen]")).to_have_text("Back of the neck")
    expect(page.locator("#checklist")).to_contain_text("3 items still open")
    for check in ("#id_is_legible", "#id_is_this_person", "#id_is_signed"):
        tab_to(page, check)
        page.keyboard.press("Space")
    expect(page.locator("#checklist")).to_contain_text("Ready to approve")
    tab_to(page, "button[value=approve]")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{reverse('prescriptions:queue')}")

    prescription.refresh_from_db()
    assert (prescription.status, prescription.authorized) == ("approved", 5)
    assert [d.code_id for d in prescription.diagnoses.all()] == ["M54.2", "M54.50"]
    assert [region.place for region in prescription.regions.all()] == ["back-neck-middle"]


def test_a_colleague_who_opens_one_shows_in_the_queue_and_focus_stays_where_it_was(
    open_as: OpenPage,
    as_desk: Session,
    client_record: Client,
    location: Location,
    manager_user: User,
) -> None:
    prescription = submitted_prescription(client_record)
    page = open_as(reverse("prescriptions:queue"), as_desk)
    page.clock.install()
    page.reload(wait_until="load")
    link = page.locator(f"#open-{prescription.pk}")
    link.focus()
    services.claim(actor=manager_user, prescription=prescription)
    page.clock.fast_forward("00:21")
    expect(page.locator("#queue")).to_contain_text("has it open")
    expect(link).to_be_focused()


def test_the_document_zooms_and_pages(
    open_as: OpenPage, as_desk: Session, client_record: Client, location: Location
) -> None:
    two_pages = receiving.submit(actor=None, client=client_record, uploads=[paper.pdf(pages=2)])
    page = open_as(at("review", two_pages), as_desk)
    first = page.locator('[data-page="1"] img')
    expect(page.get_by_text("page 1 of 2")).to_be_visible()
    # Loaded first, so that its width no longer depends on what arrives.
    page.wait_for_function("image => image.complete", arg=first.element_handle())
    before = first.evaluate("image => image.clientWidth")
    page.get_by_role("button", name="Larger").click()
    page.wait_for_function(
        "([image, before]) => image.clientWidth > before", arg=[first.element_handle(), before]
    )
    page.get_by_role("button", name="Next page").click()
    expect(page.get_by_text("page 2 of 2")).to_be_visible()


def test_the_message_is_previewed_before_it_goes_out(
    open_as: OpenPage, as_desk: Session, client_record: Client, location: Location
) -> None:
    page = open_as(at("review", submitted_prescription(client_record)), as_desk)
    page.get_by_text("Ask for information, or reject").click()
    page.get_by_label("What is wrong").select_option("not_signed")
    expect(page.locator("#message-preview")).to_contain_text("Hello Ana")
    expect(page.locator("#message-preview")).to_contain_text("signature or date is missing")


def test_a_refused_file_stays_chosen_with_the_note_beside_it(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(reverse("prescriptions:upload"), as_client)
    page.set_viewport_size({"width": PHONE, "height": 844})
    files = page.get_by_label("PDF or photos")
    files.set_input_files([PHOTO, JUNK])
    page.get_by_label("Anything we should know?").fill("Two pages")
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("alert").filter(has_text="not a PDF")).to_be_focused()
    expect(page.locator("[data-chosen] li")).to_have_count(2)
    expect(page.get_by_label("Anything we should know?")).to_have_value("Two pages")
    page.get_by_role("button", name="Remove: order.pdf").click()
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_text("In review")).to_be_visible(timeout=SLOW)
    assert client_record.prescriptions.get().client_note == "Two pages"


def test_another_file_takes_the_place_of_the_one_that_was_refused(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(reverse("prescriptions:upload"), as_client)
    files = page.get_by_label("PDF or photos")
    files.set_input_files([JUNK])
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("alert").filter(has_text="not a PDF")).to_be_focused()
    files.set_input_files([PHOTO])
    expect(page.locator("[data-chosen] .name")).to_have_text(["order.jpg"])


def test_pages_are_chosen_one_by_one_put_in_order_and_watched_until_they_are_ready(
    open_as: OpenPage,
    as_client: Session,
    client_record: Client,
    location: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The worker of this test waits for us.
    monkeypatch.setattr(app.tasks[receiving.PROCESS], "run", lambda _pk: None)
    page = open_as(reverse("prescriptions:upload"), as_client)
    page.set_viewport_size({"width": 390, "height": 844})
    files = page.get_by_label("PDF or photos")
    files.set_input_files([PHOTO])
    files.set_input_files([TWO_PAGES])
    expect(page.locator("[data-chosen] .name")).to_have_text(["order.jpg", "two.pdf"])
    page.get_by_role("button", name="Move up: two.pdf").click()
    expect(page.locator("[data-chosen] .name")).to_have_text(["two.pdf", "order.jpg"])
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("status")).to_contain_text("waiting to be checked")
    assert faults(page) == []
    upload = Upload.objects.get()
    kinds = [document.content_type for document in receiving.originals(upload)]
    assert kinds == ["application/pdf", "image/jpeg"]
    Upload.objects.update(status="working", progress=45)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "45")
    expect(page.get_by_role("status")).to_contain_text("Checking your files")
    assert faults(page) == []
    Upload.objects.update(status="received")
    receiving.process(str(upload.pk))
    expect(page.get_by_text("In review")).to_be_visible(timeout=SLOW)
    assert client_record.prescriptions.get().document.pages == 3


def test_after_a_cut_connection_the_files_are_sent_again_without_choosing(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(reverse("prescriptions:upload"), as_client)
    page.set_viewport_size({"width": 390, "height": 844})
    page.get_by_label("PDF or photos").set_input_files([PHOTO])
    page.context.set_offline(True)
    page.get_by_role("button", name="Send to the clinic").click()
    again = page.get_by_role("button", name="Try again")
    expect(again).to_be_visible()
    again.click()
    expect(again).to_be_visible()
    expect(page.locator("[data-chosen] .name")).to_have_text(["order.jpg"])
    assert faults(page) == []
    page.context.set_offline(False)  # it goes on by itself
    expect(page.get_by_text("In review")).to_be_visible(timeout=SLOW)
    assert Upload.objects.count() == 1


def test_an_answer_lost_on_the_way_does_not_send_twice(
    open_as: OpenPage, as_client: Session, client_record: Client, location: Location
) -> None:
    page = open_as(reverse("prescriptions:upload"), as_client)

    def lose(route: Route) -> None:
        if route.request.method == "POST":
            route.fetch()  # it arrives; its answer does not
            route.fulfill(status=504)
        else:
            route.continue_()

    page.route(f"**{reverse('prescriptions:upload')}", lose)
    page.get_by_label("PDF or photos").set_input_files([PHOTO])
    page.get_by_role("button", name="Send to the clinic").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible(timeout=SLOW)
    page.unroute_all()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("In review")).to_be_visible(timeout=SLOW)
    assert Upload.objects.count() == client_record.prescriptions.count() == 1


def test_without_javascript_a_link_looks_again(
    open_page: Callable[..., Page],
    as_client: Session,
    client_record: Client,
    location: Location,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(app.tasks[receiving.PROCESS], "run", lambda _pk: None)
    page = open_page(reverse("prescriptions:upload"), javascript=False, as_=as_client)
    page.get_by_label("PDF or photos").set_input_files([LOCKED])
    page.get_by_role("button", name="Send to the clinic").click()
    link = page.get_by_role("link", name="Check again")
    link.click()
    receiving.process(str(Upload.objects.get().pk))
    link.click()
    expect(page.get_by_text("locked with a password")).to_be_visible()
    page.get_by_role("link", name="Choose other files").click()
    expect(page.get_by_label("PDF or photos")).to_be_visible()


def test_nothing_for_axe_on_the_clients_pages_on_a_phone_by_night(
    open_as: OpenPage,
    as_client: Session,
    client_record: Client,
    location: Location,
    desk_user: User,
    live_server: LiveServer,
) -> None:
    prescription = approved_prescription(client_record, used=2)
    asked = submitted_prescription(client_record)
    services.ask_for_information(actor=desk_user, prescription=asked, reason="illegible")
    paths = [
        *(reverse("prescriptions:list"), reverse("prescriptions:upload")),
        *(at("detail", prescription), at("detail", asked), at("send-again", asked)),
    ]
    page = open_as(paths[0], as_client)
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        resize(page, width=PHONE, dark=True)
        assert faults(page) == [], path


def test_nothing_for_axe_on_the_desks_pages(
    open_as: OpenPage,
    as_desk: Session,
    client_record: Client,
    location: Location,
    live_server: LiveServer,
) -> None:
    decided = approved_prescription(client_record, used=2)
    waiting = submitted_prescription(client_record)
    paths = [
        *(reverse("prescriptions:queue"), reverse("prescriptions:diagnoses") + "?q=back"),
        *(at("review", waiting), at("review", decided)),
        reverse("prescriptions:client-panel", args=[client_record.pk]),
        reverse("prescriptions:desk-upload", args=[client_record.pk]),
    ]
    page = open_as(paths[0], as_desk)
    for path in paths:
        page.goto(f"{live_server.url}{path}")
        resize(page, width=COMPUTER, dark=False)
        assert faults(page) == [], path
    page.goto(f"{live_server.url}{at('review', waiting)}")
    page.locator(".areas summary").click()
    resize(page, width=PHONE, dark=True)
    assert faults(page) == []


def test_nothing_for_axe_on_the_queue_at_its_fullest_and_on_the_rule(
    open_as: OpenPage,
    as_manager: Session,
    client_record: Client,
    other_client: Client,
    location: Location,
    desk_user: User,
    live_server: LiveServer,
) -> None:
    approved_prescription(other_client, visits=2, regions=("back-neck-middle",))
    waiting = submitted_prescription(client_record)
    needed.mark_needed({client_record.pk: clinic_today() + timedelta(days=2)})
    services.claim(actor=desk_user, prescription=waiting)
    asked = submitted_prescription(client_record)
    services.ask_for_information(actor=desk_user, prescription=asked, reason="illegible")
    queue = reverse("prescriptions:queue")
    page = open_as(queue, as_manager)
    for width, dark in ((COMPUTER, False), (PHONE, True)):
        for path in (queue, reverse("prescriptions:policy")):
            page.goto(f"{live_server.url}{path}")
            resize(page, width=width, dark=dark)
            assert faults(page) == [], path
