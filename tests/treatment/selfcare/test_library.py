"""The fifteen that ship: each whole, each in plain words, each with its drawing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.template.loader import render_to_string

from clinic import body
from clinic.models import Role
from tests import factories
from treatment.models import Exercise
from treatment.selfcare import drawings, loading, regions, services

if TYPE_CHECKING:
    from clinic.models import User

pytestmark = pytest.mark.django_db

ALL = loading.shipped()
NAMES = [row["key"] for row in ALL]
NEVER = (
    *("cure", "heal", "guarantee", "detox", "toxin", "lactic", "fix", "diagnos", "disease"),
    *("slipped disc", "sciatica", "adjust", "realign", "proven"),
)
SVG = "{http://www.w3.org/2000/svg}"
GRADE = 6


def words_of(row: dict[str, Any]) -> str:
    return " ".join(row[name] for name in ("title", "purpose", "steps", "amount", "stop"))


def syllables(word: str) -> int:
    found = re.findall(r"[aeiouy]+", word.lower())
    silent = word.lower().endswith("e") and not word.lower().endswith("le") and len(found) > 1
    return max(1, len(found) - silent)


def grade(text: str) -> float:
    """Flesch-Kincaid."""
    sentences = max(1, len(re.findall(r"[.!?](?:\s|$)", text)))
    words = re.findall(r"[A-Za-z']+", text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59


def test_there_are_fifteen_and_each_has_its_own_drawing() -> None:
    assert len(ALL) == len(set(NAMES)) == 15
    assert {row["drawing"] for row in ALL} == set(drawings.LABELS)


@pytest.mark.parametrize("row", ALL, ids=NAMES)
def test_each_has_every_part_and_promises_nothing(row: dict[str, Any]) -> None:
    assert 3 <= len(row["steps"].splitlines()) <= 6
    assert row["title"]
    assert re.search(r"\d", row["amount"])
    assert "call us" in row["stop"].lower()
    assert set(row["regions"]) <= set(regions.LABELS)
    assert row["regions"]
    text = words_of(row).lower()
    assert [word for word in NEVER if re.search(rf"\b{word}", text)] == []
    Exercise(**{name: row[name] for name in loading.WORDS}).clean_fields()  # none is too long


@pytest.mark.parametrize("row", ALL, ids=NAMES)
def test_a_sixth_grader_can_read_it(row: dict[str, Any]) -> None:
    for name in ("purpose", "steps", "stop"):
        text = row[name].replace("\n", " ")
        assert grade(text) <= GRADE + (name == "purpose"), (name, grade(text))
        longest = max(len(one.split()) for one in re.split(r"[.!?]\s", text))
        assert longest <= 22, name


@pytest.mark.parametrize("name", drawings.LABELS)
def test_a_drawing_says_what_it_shows_and_brings_nothing_along(name: str) -> None:
    drawn = ET.fromstring(render_to_string(f"treatment/selfcare/drawings/{name}.svg"))  # noqa: S314
    assert drawn.tag == f"{SVG}svg"
    assert drawn.get("role") == "img"
    title = drawn.find(f"{SVG}title")
    assert title is not None
    assert len((title.text or "").split()) >= 6
    tags = {one.tag.removeprefix(SVG) for one in drawn.iter()}
    assert tags <= {"svg", "title", "g", "path", "circle"}
    assert not any({"style", "id", "href"} & set(one.attrib) for one in drawn.iter())
    widths = {one.get("class"): one.get("stroke-width") for one in drawn.iter(f"{SVG}g")}
    assert {"fig-body", "fig-on", "fig-move"} <= set(widths)  # who, what is stretched, what moves
    assert (widths["fig-on"], widths["fig-move"]) == ("9", "4")


def test_every_region_is_one_of_the_body_map() -> None:
    assert set(regions.LABELS) == {place.region for place in body.places()}
    assert regions.of_places(["back-neck-middle", "tail"]) == {"neck"}


# ---- Loading them ----


@pytest.fixture
def loaded() -> list[Exercise]:
    call_command("load_selfcare")
    return list(Exercise.objects.all())


def reworded(key: str = "heat", **words: str) -> list[dict[str, Any]]:
    """The next release, which says one of them differently."""
    return [row | words if row["key"] == key else row for row in ALL]


def test_loading_twice_loads_once(loaded: list[Exercise]) -> None:
    call_command("load_selfcare")
    assert [one.key for one in Exercise.objects.all()] == NAMES


def test_a_new_release_rewords_what_the_clinic_left_alone(loaded: list[Exercise]) -> None:
    assert loading.load(reworded(amount="10 minutes.")) == 1
    old, new = Exercise.objects.filter(key="heat").order_by("created_at")
    assert (old.is_retired, new.is_retired) == (True, False)
    assert old.line == new.line
    assert loading.load(reworded(amount="10 minutes.")) == 0


def test_what_the_clinic_changed_or_retired_stays_so(loaded: list[Exercise]) -> None:
    boss = factories.make_user("boss@clinic.test", Role.MANAGER)
    heat, breaks = (Exercise.objects.get(key=key) for key in ("heat", "breaks"))
    ours = services.change(actor=boss, exercise=heat, values={"amount": "5 minutes."})
    services.retire(actor=boss, exercise=breaks)
    loading.load(reworded(amount="10 minutes."))
    loading.load(reworded("breaks", amount="Every hour."))
    in_use = Exercise.objects.filter(retired_at=None)
    assert in_use.get(key="heat") == ours
    assert not in_use.filter(key="breaks").exists()


def test_a_wording_never_changes_in_the_database(loaded: list[Exercise]) -> None:
    rows = Exercise.objects.filter(key="heat")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        rows.update(steps="Bend. Twist.")
    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        rows.delete()
    assert "Twist" not in Exercise.objects.get(key="heat").steps


def test_the_one_who_rewords_is_kept(loaded: list[Exercise], therapist_user: User) -> None:
    heat = Exercise.objects.get(key="heat")
    made = services.change(actor=therapist_user, exercise=heat, values={"title": "Warmth"})
    heat.refresh_from_db()
    assert (heat.title, heat.is_retired) == ("Heat for 15 minutes", True)
    assert (made.title, made.written_by, made.key) == ("Warmth", therapist_user, "heat")
