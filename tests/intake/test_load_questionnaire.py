from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command

from intake.management.commands.load_questionnaire import DATA
from intake.models import Questionnaire

if TYPE_CHECKING:
    from pathlib import Path

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

    row = Questionnaire.objects.get()
    assert (row.slug, row.version) == ("health-history", 1)
    assert row.published_at is not None
    assert Questionnaire.objects.current() == row


def test_a_published_version_refuses_another_wording(tmp_path: Path, data: dict[str, Any]) -> None:
    call_command("load_questionnaire")
    data["sections"][0]["title"] = "Another title"

    with pytest.raises(CommandError, match="new version"):
        load(tmp_path, data)

    assert Questionnaire.objects.get().definition["sections"][0]["title"] != "Another title"


def test_a_new_version_becomes_the_one_that_is_asked(tmp_path: Path, data: dict[str, Any]) -> None:
    call_command("load_questionnaire")
    data["version"] = 2

    load(tmp_path, data)

    current = Questionnaire.objects.current()
    assert current is not None
    assert current.version == 2


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
