"""What was corrected, in words. Pure, but for how a time is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from clinic.format import clock
from prescriptions import areas

if TYPE_CHECKING:
    from collections.abc import Iterable

    from treatment.models import VisitCorrection

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One correction, for a page."""

    row: VisitCorrection
    lines: list[str]


def entries(rows: Iterable[VisitCorrection]) -> list[Entry]:
    """Newest first."""
    found = [Entry(row, differences(row.before, row.after)) for row in rows]
    return found[::-1]


def differences(before: Figures, after: Figures) -> list[str]:
    """start 8:00 am → 8:10 am; Neuromuscular 60 → 50 min. Only what differs."""
    times = {"arrived": _("arrival"), "started": _("start"), "stopped": _("stop")}
    pairs = [(name, _time(before.get(key)), _time(after.get(key))) for key, name in times.items()]
    pairs.append((_("therapist"), _who(before), _who(after)))
    pairs.append((_("treated"), _places(before), _places(after)))
    pairs.append((_("outside the order"), _outside(before), _outside(after)))
    old, new = _minutes(before), _minutes(after)
    pairs += [
        (technique, *_counts(old.get(technique, 0), new.get(technique, 0)))
        for technique in dict.fromkeys([*old, *new])
    ]
    none = _("none")
    return [f"{name} {was or none} → {now or none}" for name, was, now in pairs if was != now]


def _counts(old: int, new: int) -> tuple[str, str]:
    """60, 50 min"""
    return (str(old), _("%(count)s min") % {"count": new}) if old != new else ("", "")


def _time(moment: str | None) -> str:
    return clock(datetime.fromisoformat(moment)) if moment else ""


def _who(figures: Figures) -> str:
    return str(figures.get("therapist", {}).get("name", ""))


def _places(figures: Figures) -> str:
    return ", ".join(str(place.label) for place in areas.known(figures.get("regions", [])))


def _outside(figures: Figures) -> str:
    count = sum(row.get("outside", 0) for row in figures.get("minutes", []))
    return _("%(count)s min") % {"count": count} if count else ""


def _minutes(figures: Figures) -> dict[str, int]:
    """By technique; two of one name are one line."""
    counted: dict[str, int] = {}
    for row in figures.get("minutes", []):
        counted[row["name"]] = counted.get(row["name"], 0) + row["minutes"]
    return counted
