"""Procedures, in the product's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing.models import Procedure
from clinic.models import AuditEvent, Technique

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.django_db


def test_a_procedure_is_added_and_changed_and_the_second_window_is_told(
    as_manager: Browser,
) -> None:
    assert "No procedures yet" in as_manager.get(reverse("billing:procedures")).text
    cupping = Technique.objects.create(name="Cupping")
    new = {"code": "97140", "label": "Manual therapy", "timed": "on", "position": "1"}
    new |= {"techniques": str(cupping.pk)}
    assert as_manager.post(reverse("billing:procedure-new"), new).status_code == 302
    made = Procedure.objects.get()
    assert list(made.techniques.all()) == [cupping]
    url = reverse("billing:procedure", args=[made.pk])
    version = {"version": as_manager.get(url).context["version"]}
    changed = new | {"label": "Hands-on therapy"}
    assert as_manager.post(url, changed | version).status_code == 302
    assert as_manager.post(url, new | version).status_code == 422
    made.refresh_from_db()
    assert made.label == "Hands-on therapy"
    assert "Hands-on therapy" in as_manager.get(reverse("billing:procedures")).text
    event = AuditEvent.objects.get(action="setup.procedure_changed")
    assert event.detail["changes"] == {
        "label": {"before": "Manual therapy", "after": "Hands-on therapy"}
    }


@pytest.mark.parametrize("code", ["9714", "97140"])
def test_a_code_that_is_none_or_is_taken_is_refused_and_the_label_stays(
    as_manager: Browser, code: str
) -> None:
    Procedure.objects.create(code="97140", label="Manual therapy")
    new = {"code": code, "label": "Another label", "position": "1"}
    answer = as_manager.post(reverse("billing:procedure-new"), new)
    assert answer.status_code == 422
    assert "Another label" in answer.text
    assert Procedure.objects.count() == 1


def test_the_desk_sets_no_procedures(as_desk: Browser) -> None:
    assert as_desk.get(reverse("billing:procedures")).status_code == 403
    assert as_desk.post(reverse("billing:procedure-new"), {}).status_code == 403
