from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from intake import services
from intake.management.commands.load_questionnaire import DATA
from intake.models import Consent, Questionnaire
from tests.intake.factories import completed_intake

if TYPE_CHECKING:
    from pathlib import Path

    from clinic.models import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def data() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "health-history-1.json").read_text())
    return loaded


def load(path: Path, data: dict[str, Any]) -> None:
    file = path / "health.json"
    file.write_text(json.dumps(data))
    call_command("load_questionnaire", str(file))


def test_loading_twice_publishes_once() -> None:
    call_command("load_questionnaire")
    call_command("load_questionnaire")

    rows = Questionnaire.objects.order_by("version")
    assert [(row.slug, row.version) for row in rows] == [
        ("health-history", 1),
        ("health-history", 2),
        ("health-history", 3),
    ]
    assert Questionnaire.objects.current() == rows[2]


def test_a_published_version_refuses_another_wording(tmp_path: Path, data: dict[str, Any]) -> None:
    call_command("load_questionnaire")
    data["sections"][0]["title"] = "Another title"

    with pytest.raises(CommandError, match="new version"):
        load(tmp_path, data)

    first = Questionnaire.objects.get(version=1)
    assert first.definition["sections"][0]["title"] != "Another title"


def test_a_new_version_becomes_the_one_that_is_asked(tmp_path: Path, data: dict[str, Any]) -> None:
    call_command("load_questionnaire")
    data["version"] = 4

    load(tmp_path, data)

    current = Questionnaire.objects.current()
    assert current is not None
    assert current.version == 4


def test_a_questionnaire_must_ask_what_the_rules_read(tmp_path: Path, data: dict[str, Any]) -> None:
    for section in data["sections"]:
        section["questions"] = [q for q in section["questions"] if q["id"] != "blood_clot"]

    with pytest.raises(CommandError, match="blood_clot"):
        load(tmp_path, data)


@pytest.mark.parametrize("text", ["{", "[]", '{"slug": "x"}'])
def test_a_broken_file_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "broken.json"
    file.write_text(text)

    with pytest.raises(CommandError, match=r"broken\.json"):
        call_command("load_questionnaire", str(file))


def test_nobody_is_asked_about_text_messages_that_nothing_sends(client_record: Client) -> None:
    """Since the second version nobody is asked; what was signed with the first stays as it was."""
    first = completed_intake(client_record, sms=True)
    assert Consent.objects.get(kind="sms").withdrawn_at is None

    call_command("load_questionnaire")
    again = services.start(actor=client_record.user, client=client_record)

    assert again.questionnaire.version == 3
    assert "sms" not in again.answers
    assert "text message" not in json.dumps(again.questionnaire.definition).lower()
    first.refresh_from_db()
    assert services.is_intact(first)
    assert Consent.objects.get(kind="sms").withdrawn_at is None  # theirs to withdraw


def test_nobody_is_asked_to_agree_to_what_nothing_sends(client_record: Client) -> None:
    """No news and no reports to a doctor since the third version; what was agreed to stays."""
    agreed: dict[str, Any] = {"marketing": True, "share_prescriber": True}
    first = completed_intake(client_record, **agreed)
    assert set(Consent.objects.values_list("kind", flat=True)) >= set(agreed)

    call_command("load_questionnaire")
    again = services.start(actor=client_record.user, client=client_record)

    definition = again.questionnaire.definition
    assert [one["kind"] for one in definition["consents"]] == ["treatment", "privacy"]
    asked = json.dumps(definition["sections"]).lower()
    assert "offers" not in asked
    assert "share my progress" not in asked
    assert not set(agreed) & set(again.answers)
    first.refresh_from_db()
    assert services.is_intact(first)
    kept = Consent.objects.filter(kind__in=agreed)
    assert {one.withdrawn_at for one in kept} == {None}  # theirs to withdraw


def test_the_third_version_differs_in_nothing_else() -> None:
    second, third = (
        json.loads((DATA / f"health-history-{number}.json").read_text()) for number in (2, 3)
    )
    gone = {"share_prescriber", "marketing"}
    second["consents"] = [one for one in second["consents"] if one["kind"] not in gone]
    for section in second["sections"]:
        section["questions"] = [one for one in section["questions"] if one["id"] not in gone]
    second["sections"] = [one for one in second["sections"] if one["questions"]]
    assert second | {"version": 3} == third
