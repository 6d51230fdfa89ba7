"""A status is written once, in AppointmentStatus: everything else names it."""

from __future__ import annotations

import re
from pathlib import Path

from booking.models import AppointmentStatus

ROOT = Path(__file__).parents[2]
DEFINES = {
    ROOT / "booking/models/appointment.py",
    ROOT / "booking/models/waitlist.py",  # a place in line can be "booked" too
}
LITERAL = re.compile("[\"'](" + "|".join(AppointmentStatus.values) + ")[\"']")


def test_no_module_and_no_template_spells_a_status() -> None:
    sources = [*(ROOT / "booking").rglob("*.py"), *(ROOT / "templates/booking").rglob("*.html")]
    read = [path for path in sources if "migrations" not in path.parts and path not in DEFINES]
    spelled = [path for path in read if LITERAL.search(path.read_text())]
    assert len(read) > 100
    assert spelled == []


def test_each_status_is_spelled_once_where_it_is_defined() -> None:
    text = (ROOT / "booking/models/appointment.py").read_text()
    assert sorted(LITERAL.findall(text)) == sorted(AppointmentStatus.values)
