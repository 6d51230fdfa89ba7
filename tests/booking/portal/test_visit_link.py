"""The one-use link of a message: one change of one visit, by anyone who holds it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.core import signing
from django.test import Client as Browser
from django.urls import reverse
from icalendar import Calendar

from booking.models import Appointment
from booking.portal import links as visit_links
from booking.visits import visit_link
from clinic.models import AuditEvent, Message
from tests.booking import single

if TYPE_CHECKING:
    from datetime import datetime
    from io import StringIO

    from booking.models import BookingPolicy
    from clinic.models import Client, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db
LINK = re.compile(r"https?://[^/\s]+(/book/visit/\S+/)")


@pytest.fixture
def visit(
    diary: list[Therapist],
    option60: ServiceOption,
    ten: datetime,
    client_record: Client,
    client_user: User,
) -> Appointment:
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token
    return single.book(actor=client_user, hold_token=held.hold_token, client=client_record)


def message(visit: Appointment, kind: str) -> Message:
    return Message.objects.get(about=visit.pk, kind=f"booking.{kind}")


def link_in(sent: Message) -> str:
    found = LINK.search(sent.body)
    assert found
    return found[1]


def event_of(sent: Message) -> tuple[str, int, str]:
    event = Calendar.from_ical(sent.calendar).walk("VEVENT")[0]
    return str(event["UID"]), int(str(event["SEQUENCE"])), str(event["STATUS"])


def test_the_link_shows_when_and_with_whom_and_nothing_about_the_client(
    anonymous: Browser, visit: Appointment
) -> None:
    page = anonymous.get(link_in(message(visit, "confirmed")))
    assert page.status_code == 200
    assert "10:00 am" in page.text
    assert "Dana Ruiz" in page.text
    main = page.text[page.text.index("<main") :]  # the menu names the services to everybody
    for secret in ("Ana", "Lima", "ana@example.test", visit.option.service.name, "rescription"):
        assert secret not in main[: main.index("</main>")]
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "no-store"


def test_each_link_works_once_and_the_calendar_entry_follows_from_first_to_last(
    anonymous: Browser, visit: Appointment
) -> None:
    first = link_in(message(visit, "confirmed"))
    later = visit.starts_at + timedelta(days=7)
    assert anonymous.get(f"{first}move/").status_code == 200
    answer = anonymous.post(f"{first}move/", {"start": later.isoformat(), "therapist": ""})
    assert answer.headers["Location"] == reverse("booking:link-done")
    assert "has moved" in anonymous.get(answer.headers["Location"]).text
    moved = Appointment.objects.get(pk=visit.pk)
    assert moved.starts_at == later
    event = AuditEvent.objects.get(action="appointment.moved")
    assert (event.actor, event.detail["by"]) == (None, "link")
    for path in (first, f"{first}move/", f"{first}cancel/"):
        for answer in (anonymous.get(path), anonymous.post(path, {"start": later.isoformat()})):
            assert answer.status_code in {405, 410}
    assert "This link has been used" in anonymous.get(first).text
    second = link_in(message(visit, "moved"))
    assert second != first
    answer = anonymous.post(f"{second}cancel/", {"reason": ""})
    assert "is canceled" in anonymous.get(answer.headers["Location"]).text
    assert anonymous.get(second).status_code == 410
    assert Appointment.objects.get(pk=visit.pk).status == "cancelled"
    entries = [event_of(message(visit, kind)) for kind in ("confirmed", "moved", "cancelled")]
    assert {uid for uid, _sequence, _status in entries} == {entries[0][0]}
    assert [sequence for _uid, sequence, _status in entries] == [0, 1, 2]
    assert entries[-1][2] == "CANCELLED"


def test_a_late_cancellation_by_link_needs_a_yes_to_the_fee(
    anonymous: Browser, visit: Appointment, policy: BookingPolicy
) -> None:
    link = link_in(message(visit, "confirmed"))
    with time_machine.travel(visit.starts_at - timedelta(hours=3), tick=False):
        assert "too late to move" in anonymous.get(f"{link}move/").text
        assert "Canceling now costs" in anonymous.get(f"{link}cancel/").text
        assert anonymous.post(f"{link}cancel/", {"reason": ""}).status_code == 422
        fee = str(visit.price_cents // 2)
        answer = anonymous.post(f"{link}cancel/", {"reason": "", "fee": fee, "agree": "on"})
        assert answer.status_code == 302
    assert Appointment.objects.get(pk=visit.pk).fee_cents == visit.price_cents // 2


def test_once_the_visit_has_begun_the_link_is_over(anonymous: Browser, visit: Appointment) -> None:
    link = link_in(message(visit, "confirmed"))
    with time_machine.travel(visit.starts_at, tick=False):
        page = anonymous.get(link)
        assert page.status_code == 410
        assert "the link no longer works" in page.text
        assert anonymous.post(f"{link}cancel/", {}).status_code == 410
    assert Appointment.objects.get(pk=visit.pk).status == "booked"


def test_a_made_up_link_is_no_link(anonymous: Browser, visit: Appointment) -> None:
    real = visit_link.token_of(visit)
    other_salt = signing.Signer(salt="other", sep=".").sign(f"{visit.pk.hex}-0")
    tampered = real.replace("-0.", "-1.")
    for token in (
        "x",
        real[:-1],
        other_salt,
        tampered,
        f"{visit.pk.hex}-0",
        visit_link.SIGNER.sign("x"),
    ):
        page = anonymous.get(f"/book/visit/{token}/")
        assert page.status_code == 404
        assert "incomplete" in page.text
        assert anonymous.post(f"/book/visit/{token}/cancel/", {}).status_code == 404
    assert Appointment.objects.get(pk=visit.pk).status == "booked"


def test_a_time_that_is_gone_leaves_the_link_and_the_visit(
    anonymous: Browser, visit: Appointment
) -> None:
    link = link_in(message(visit, "confirmed"))
    night = visit.starts_at.replace(hour=8)
    assert anonymous.post(f"{link}move/", {"start": night.isoformat()}).status_code == 422
    assert anonymous.post(f"{link}move/", {"start": "x"}).status_code == 422
    assert anonymous.get(link).status_code == 200


def test_guessing_links_is_slowed_down(
    anonymous: Browser, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit_links, "OPENINGS", 3)
    statuses = [anonymous.get("/book/visit/x/").status_code for _try in range(5)]
    assert statuses == [404, 404, 404, 429, 429]


def test_the_log_names_no_link(
    anonymous: Browser, visit: Appointment, console: StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = link_in(message(visit, "confirmed"))
    assert anonymous.post(f"{link}move/", {"start": "x"}).status_code == 422
    assert Browser(enforce_csrf_checks=True).post(f"{link}cancel/").status_code == 403
    monkeypatch.setattr(visit_links, "OPENINGS", 0)
    assert anonymous.get(link).status_code == 429
    written = console.getvalue()
    for kind in ("Unprocessable", "Forbidden", "Too Many Requests"):
        assert kind in written
    assert link.split("/")[3] not in written


def test_nothing_was_done_by_a_link_here(anonymous: Browser, visit: Appointment) -> None:
    page = anonymous.get(reverse("booking:link-done"))
    assert page.headers["Location"] == reverse("booking:start")
