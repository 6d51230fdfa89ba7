"""What a client and the staff do with a tablet, step by step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from clinic.selectors import clinic_today
from tests.intake.factories import ANSWERS

if TYPE_CHECKING:
    from django.test import Client as Browser

    from intake.models import Handover

SCREEN = "/tablet/"
UNLOCK = "/tablet/unlock/"


def page(handover: Handover, name: str, *args: str) -> str:
    return reverse(f"intake:tablet-{name}", args=[handover.response_id, *args])


def section_of(handover: Handover, name: str) -> str:
    return page(handover, "section", name)


def answers_for(name: str, handover: Handover) -> dict[str, Any]:
    definition = handover.response.questionnaire.definition
    (found,) = [one for one in definition["sections"] if one["id"] == name]
    asked = {question["id"] for question in found["questions"]}
    return {key: value for key, value in ANSWERS.items() if key in asked}


def fill_in(browser: Browser, handover: Handover) -> None:
    adult = (handover.client.age_on(clinic_today()) or 0) >= 18
    for one in handover.response.questionnaire.definition["sections"]:
        if "ages" in one and not adult:
            continue
        data = answers_for(one["id"], handover)
        assert browser.post(section_of(handover, one["id"]), data).status_code == 302, one["id"]


def sign(browser: Browser, handover: Handover) -> Any:
    data = {"agree_treatment": "on", "agree_privacy": "on", "name": "Ana Lima"}
    return browser.post(page(handover, "review"), data)
