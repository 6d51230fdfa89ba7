"""What was treated, by touch and by keyboard: minutes outside are asked for where something is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser import faults
from tests.conftest import browser_for
from tests.treatment.factories import make_procedures, started_visit
from treatment.models import Visit, VisitMinutes

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from clinic.models import Client, Therapist

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
NECK, KNEE = "back-neck-middle", "front-knee-left"


@pytest.mark.parametrize("size", [(390, 844), (820, 1180)])
def test_a_place_beyond_the_order_asks_for_its_minutes(
    open_page: Callable[..., Page],
    therapist: Therapist,
    client_record: Client,
    size: tuple[int, int],
) -> None:
    make_procedures()
    visit = started_visit(client_record, order={"regions": (NECK,)})
    assert therapist.user is not None
    page = open_page(reverse("treatment:record", args=[visit.pk]), as_=browser_for(therapist.user))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    outside = page.get_by_label("Of these, outside the order (Neuromuscular)")
    expect(outside).to_be_hidden()
    expect(page.get_by_text("Back of the neck", exact=True).first).to_be_visible()
    page.get_by_text("Change the treated area").click()
    page.locator(f"[data-place='{KNEE}']").click()
    expect(page.get_by_text("Outside the order: Left knee.")).to_be_visible()
    expect(outside).to_be_visible()
    assert faults(page) == []
    page.locator(f"[data-place='{KNEE}']").press("Space")  # and back
    expect(outside).to_be_hidden()
    page.locator(f"[data-place='{KNEE}']").press("Space")
    page.get_by_label("Neuromuscular", exact=True).fill("40")
    outside.fill("15")
    page.get_by_label("Stopped").fill(f"{_stop(visit):%H:%M}")
    page.get_by_role("button", name="Finish the session").click()
    expect(page.get_by_text("15 of them outside the order")).to_be_visible()
    row = VisitMinutes.objects.get()
    assert (row.minutes, row.outside) == (40, 15)
    assert Visit.objects.get().regions == [KNEE, NECK]


def _stop(visit: Visit) -> datetime:
    assert visit.started_at is not None
    begun = visit.started_at.astimezone(visit.appointment.location.zone)
    return begun + timedelta(minutes=58)
