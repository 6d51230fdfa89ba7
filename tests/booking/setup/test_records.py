"""Payers and techniques, in the product's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Payer, Technique

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.django_db

VA = {
    "name": "Community Care",
    "kind": "va",
    "unit_rule": "ama",
    "required_modifiers": "GP",
    "week_rule": "calendar",
    "letter_after_visits": "0",
    "letter_after_days": "",
    "is_active": "on",
}


def test_a_payer_is_added_changed_and_taken_out_of_use(as_manager: Browser) -> None:
    assert "No payers yet" in as_manager.get(reverse("diary:payers")).text
    assert as_manager.post(reverse("diary:payer-new"), VA).status_code == 302
    payer = Payer.objects.get()
    assert (payer.kind, payer.unit_rule, payer.week_rule) == ("va", "ama", "calendar")
    assert (payer.letter_after_visits, payer.letter_after_days) == (0, None)
    url = reverse("diary:payer", args=[payer.pk])
    shown = as_manager.get(url)
    version = {"version": shown.context["version"]}
    gone = {name: value for name, value in VA.items() if name != "is_active"}
    assert as_manager.post(url, gone | version).status_code == 302
    payer.refresh_from_db()
    assert not payer.is_active
    assert "out of use" in as_manager.get(reverse("diary:payers")).text
    event = AuditEvent.objects.get(action="diary.payer_changed")
    assert event.detail["changes"]["is_active"] == {"before": True, "after": False}
    again = as_manager.post(url, VA | version)  # from a window that shows the old one
    assert again.status_code == 422
    payer.refresh_from_db()
    assert not payer.is_active


def test_a_name_twice_is_refused_and_what_was_typed_stays(as_manager: Browser) -> None:
    Payer.objects.create(name="Community Care")
    answer = as_manager.post(reverse("diary:payer-new"), VA)
    assert answer.status_code == 422
    assert 'value="GP"' in answer.text
    assert Payer.objects.count() == 1


def test_a_technique_is_added_and_changed(as_manager: Browser) -> None:
    assert as_manager.get(reverse("diary:techniques")).status_code == 200
    new = {"name": "Cupping", "position": "3", "is_active": "on"}
    as_manager.post(reverse("diary:technique-new"), new)
    made = Technique.objects.get(name="Cupping")
    url = reverse("diary:technique", args=[made.pk])
    version = {"version": as_manager.get(url).context["version"]}
    assert as_manager.post(url, new | {"name": "Dry cupping"} | version).status_code == 302
    made.refresh_from_db()
    assert made.name == "Dry cupping"
    assert as_manager.post(url, new | version).status_code == 422


def test_only_managers_set_them(as_desk: Browser) -> None:
    assert as_desk.get(reverse("diary:payers")).status_code == 403
    assert as_desk.post(reverse("diary:payer-new"), VA).status_code == 403
    assert not Payer.objects.exists()
