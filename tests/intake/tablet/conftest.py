from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from intake.models import Handover

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client

    HandOver = Callable[..., Handover]


@pytest.fixture
def hand_over(client_record: Client) -> HandOver:
    """Press the button: the browser is locked from here on."""

    def press(browser: Browser, client: Client | None = None, **form: str) -> Handover:
        whose = client or client_record
        answer = browser.post(reverse("intake:desk-tablet", args=[whose.pk]), form)
        assert answer.headers["Location"] == "/tablet/"
        return Handover.objects.filter(client=whose).latest("created_at")

    return press
