"""The record is read in words: looked up in the source, so that none can be forgotten."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

from billing.models import Kind
from booking.models import AppointmentStatus, WaitlistEntry, WaitlistOffer
from clinic.audit.words import WORDS

if TYPE_CHECKING:
    from collections.abc import Iterator

APPS = ("clinic", "booking", "intake", "prescriptions", "treatment", "billing")
TELLS = {"record", "turned", "changed", "viewed"}  # of `clinic.audit.services`
ACTION = re.compile(r"[a-z_]+\.[a-z_-]+")
TABLES = ("bookingpolicy", "room", "service", "serviceoption", "therapist", "time_off")
# Actions that are put together of a beginning and a state.
STATES = {
    "appointment": set(AppointmentStatus.values) - {"held"},
    "waitlist": {*WaitlistEntry.Status.values, *WaitlistOffer.Status.values} - {"waiting", "open"},
    "diary": {f"{table}_{done}" for table in TABLES for done in ("added", "changed")},
}
DOCUMENTS = {
    f"{kind}.{done}"
    for kind in Kind.values
    for done in ("issued", "viewed", "downloaded", "voided")
}


def told() -> Iterator[ast.expr]:
    """What is passed to the record, wherever it is written to."""
    root = Path(__file__).parents[3]
    for file in (file for app in APPS for file in (root / app).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in TELLS:
                yield from node.args


def test_every_action_that_is_recorded_has_words() -> None:
    texts = {text_of(part) for given in told() for part in ast.walk(given)}
    # What ends so is the beginning of one that is put together.
    actions = {text for text in texts if ACTION.fullmatch(text) and not text.endswith("_")}
    actions |= {f"{name}.{state}" for name, states in STATES.items() for state in states}
    actions |= DOCUMENTS
    assert len(actions) > 100
    assert sorted(actions - set(WORDS)) == []


def test_no_other_action_is_put_together() -> None:
    made = [given for given in told() if isinstance(given, ast.JoinedStr)]
    beginnings = {text_of(given.values[0]).partition(".")[0] for given in made}
    assert beginnings == {*STATES, ""}  # "": the kind of a document


def text_of(node: ast.AST) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""
