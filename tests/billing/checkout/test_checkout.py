"""Check-out shows how minutes become money, in one column that fits a screen."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import strip_tags

from billing import selectors, services
from billing.checkout import steps
from billing.checkout.steps import steps_of
from billing.models import Procedure
from billing.pricing import Line
from clinic.models import Technique
from tests.billing.factories import given_back, paid, plain_visit
from tests.browser import faults, resize
from tests.treatment.factories import finished_visit
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Client, User

WORK = {"Neuromuscular": 20, "Trigger point": 20, "Relaxation strokes": 13}


@pytest.fixture
def medical(client_record: Client) -> Visit:
    """40 minutes of one procedure by two techniques, and 13 of another."""
    visit = finished_visit(client_record, WORK)
    return selectors.visits().get(pk=visit.pk)


def read(visit: Visit) -> list[tuple[str, list[tuple[str, int]]]]:
    found = steps_of(visit, selectors.bill(visit))
    return [
        (one.line.description, [(row.technique.name, row.minutes) for row in one.parts])
        for one in found
    ]


def words(text: str) -> str:
    return re.sub(r"\s+", " ", strip_tags(text))


def test_each_line_says_which_minutes_it_is_made_of(medical: Visit) -> None:
    wanted = [
        ("Hands-on manual therapy", [("Neuromuscular", 20), ("Trigger point", 20)]),
        ("Massage, hands-on strokes", [("Relaxation strokes", 13)]),
    ]
    assert read(medical) == wanted
    services.charge_visit(visit=medical)
    assert read(selectors.visits().get(pk=medical.pk)) == wanted


def test_a_session_without_codes_is_made_of_all_its_minutes(client_record: Client) -> None:
    visit = selectors.visits().get(pk=plain_visit(client_record).pk)
    assert read(visit) == [("Therapeutic massage", [("Neuromuscular", 53)])]


def test_minutes_are_not_claimed_for_a_line_they_do_not_make_up(medical: Visit) -> None:
    """The technique was billed under another procedure when the visit was charged."""
    services.charge_visit(visit=medical)
    strokes = Procedure.objects.get(code="97124")
    Technique.objects.get(name="Trigger point").procedures.set([strokes])
    visit = selectors.visits().get(pk=medical.pk)
    assert [parts for _line, parts in read(visit)] == [[], []]


def test_reserved_time_is_made_of_nothing() -> None:
    line = Line("Reserved time", 0, 0, 2500, is_eligible=False)
    row = VisitMinutes(technique=Technique(name="Cupping"), minutes=20)
    [step] = steps.steps([line], [row], {})
    assert step.parts == []
    other = Line("Cupping", 20, 1, 2500)
    [step] = steps.steps([other], [row], {})
    assert step.is_plain


def test_the_panel_goes_from_minutes_to_what_is_owed(
    as_desk: Browser, desk_user: User, medical: Visit
) -> None:
    paid(desk_user, medical, 4000)
    page = as_desk.get(reverse("billing:panel", args=[medical.appointment_id]))
    text = words(page.text)
    for wanted in (
        "Treatment Min Units List price",
        "Hands-on manual therapy Neuromuscular 20, Trigger point 20 40 3 $75.00",
        "Massage, hands-on strokes Relaxation strokes 13 13 1 $25.00",
        "Net $100.00 Paid -$40.00 Owed $60.00",
    ):
        assert wanted.replace("Paid -", "Paid \N{MINUS SIGN}") in text, wanted
    assert "Discount" not in text
    assert text.index("Owed $60.00") < text.index("Take payment")


def test_a_discount_stands_between_list_price_and_net(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    given_back(desk_user, paid(desk_user, visit), 1000, owed_again=False)
    text = words(as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text)
    wanted = "List price $100.00 Discount -$10.00 Net $90.00 Paid -$90.00 Owed $0.00"
    assert wanted.replace("-", "\N{MINUS SIGN}") in text


def test_more_techniques_take_no_more_queries(as_desk: Browser, medical: Visit) -> None:
    url = reverse("billing:panel", args=[medical.appointment_id])

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_desk.get(url)
        return len(queries)

    as_desk.get(url)
    few = counted()
    technique = Technique.objects.create(name=f"Cupping {uuid4().hex[:4]}", position=9)
    Procedure.objects.get(code="97140").techniques.add(technique)
    VisitMinutes.objects.create(visit=medical, technique=technique, minutes=5, position=9)
    assert counted() <= few


def test_a_whole_check_out_fits_a_screen(
    open_page: Callable[..., Page], as_desk: Browser, medical: Visit
) -> None:
    page = open_page(reverse("billing:panel", args=[medical.appointment_id]), as_=as_desk)
    button = page.get_by_role("button", name="Take payment and issue receipt")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 800
    for width in (360, 1280):
        for dark in (False, True):
            resize(page, width=width, dark=dark)
            assert faults(page) == []
