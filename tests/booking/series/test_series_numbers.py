"""Numbers that the pages of a series are sent, and that are none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from booking.models import Appointment
from tests.booking.series.test_series_pages import URL, plan_of, prescription

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client
    from prescriptions.models import Prescription

__all__ = ["prescription"]


@pytest.mark.parametrize("number", ["9" * 5000, "٣", "²", "-1", "1e3", " 1", "1000000000"])
def test_what_is_no_number_does_nothing(
    as_client: Browser, client_record: Client, prescription: Prescription, number: str
) -> None:
    wish = {"prescription": str(prescription.pk)}
    page = as_client.get(URL, wish)
    form, here = plan_of(page), page.wsgi_request.get_full_path()
    plan = as_client.get(URL, {**wish, "change": number})
    assert plan.status_code == 200
    assert plan_of(plan)["visit"] == form["visit"]
    for act in ("drop", "keep", "change", "pick"):
        answer = as_client.post(here, {**form, "do": f"{act}:{number}:x"}, follow=True)
        assert answer.status_code == 200
        assert plan_of(answer)["visit"] == form["visit"]
    assert as_client.post(here, {**form, "do": "book", "price": number}).status_code == 302
    last = Appointment.objects.filter(client=client_record).latest("starts_at")  # no fee yet
    cancel = reverse("booking:series-cancel", args=[last.series])
    answer = as_client.post(cancel, {"visit": last.pk, "fee": f"{last.pk}:{number}"})
    assert answer.status_code == 302
