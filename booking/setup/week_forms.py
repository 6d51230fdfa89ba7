"""The week editor: any number of lines a day, without JavaScript. Shape of input only.

The page posts its lines flat and numbered; a button that adds or copies lines posts them all, and
the page comes back with them and the new ones. Empty lines are ignored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.models import DateHours, WorkingHours
from booking.setup import week
from booking.setup.fields import ClockField
from booking.setup.page import DECISIONS
from booking.times.forms import DayField

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import time

    from django.http import QueryDict

    from booking.setup.week import Line, Span

MOST_LINES = 60
PAUSES = 2
DAYS = range(7)


class LineForm(forms.Form):
    weekday = forms.TypedChoiceField(
        choices=WorkingHours.Weekday.choices, coerce=int, widget=forms.HiddenInput
    )
    starts = ClockField(label=gettext_lazy("From"), required=False)
    ends = ClockField(label=gettext_lazy("to"), required=False)
    break_0_starts = ClockField(label=gettext_lazy("Break from"), required=False)
    break_0_ends = ClockField(label=gettext_lazy("to"), required=False)
    break_1_starts = ClockField(label=gettext_lazy("Second break from"), required=False)
    break_1_ends = ClockField(label=gettext_lazy("to"), required=False)

    use_required_attribute = False
    line: Line | None = None  # after cleaning; None: an empty line

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.errors:
            return data
        breaks = self._breaks(data)
        starts, ends = data.get("starts"), data.get("ends")
        if not starts and not ends and not breaks:
            return data
        if starts is None or ends is None:
            self.add_error("starts" if starts is None else "ends", _("Enter both times."))
        elif not self.errors:
            line = week.Line(data["weekday"], starts, ends, tuple(sorted(breaks)))
            if text := week.problem_of(line):
                self.add_error("starts", text)
            self.line = line
        return data

    def _breaks(self, data: dict[str, Any]) -> list[Span]:
        found: list[Span] = []
        for number in range(PAUSES):
            starts: time | None = data.get(f"break_{number}_starts")
            ends: time | None = data.get(f"break_{number}_ends")
            if starts and ends:
                found.append((starts, ends))
            elif starts or ends:
                missing = "ends" if starts else "starts"
                self.add_error(f"break_{number}_{missing}", _("Enter both times of the break."))
        return found

    @property
    def is_empty(self) -> bool:
        return not any(self[name].value() for name in self.fields if name != "weekday")

    @property
    def has_break(self) -> bool:
        return self._has("break_0")

    @property
    def has_second_break(self) -> bool:
        return self._has("break_1")

    def _has(self, name: str) -> bool:
        return bool(self[f"{name}_starts"].value() or self[f"{name}_ends"].value())


@dataclass(frozen=True, slots=True)
class DayLines:
    number: int
    name: str
    lines: list[LineForm]


class LinesForm(forms.Form):
    """A form with lines of hours, each a form of its own. A button may ask for more of them."""

    def __init__(
        self, data: QueryDict | None, raw: list[dict[str, str]], initial: dict[str, Any]
    ) -> None:
        """`data` is None as long as only more lines were requested."""
        super().__init__(data, initial=initial)
        self.lines: list[LineForm] = []
        for number, line in enumerate(raw[:MOST_LINES]):
            prefix = f"line-{number}"
            typed = None
            if data is not None:
                typed = {f"{prefix}-{name}": text for name, text in line.items()}
            self.lines.append(LineForm(typed, prefix=prefix, initial=line))

    @property
    def line_errors(self) -> list[dict[str, str]]:
        """What is wrong with the lines, each with its field, for the summary."""
        names = {str(number): str(name) for number, name in WorkingHours.Weekday.choices}
        return [
            {
                "id": field.id_for_label,
                "text": f"{names.get(line['weekday'].value(), '')}, {field.label}: {error}",
            }
            for line in self.lines
            if line.is_bound
            for field in line
            for error in field.errors
        ]

    def clean(self) -> dict[str, Any]:
        """Each line by itself, then against the earlier lines of its day."""
        data = super().clean() or {}
        known: list[Line] = []
        for form in self.lines:
            if form.is_valid() and form.line:
                if week.clash(form.line, known):
                    form.add_error("starts", _("These hours overlap others that day."))
                known.append(form.line)
        if any(form.errors for form in self.lines):
            self.add_error(None, _("Check the times below."))
        return data

    @property
    def chosen(self) -> list[Line]:
        return sorted(form.line for form in self.lines if form.line)


class WeekForm(LinesForm):
    """When the week starts, and its lines."""

    since = DayField(label=gettext_lazy("From"))
    until = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Leave empty for no end date."),
    )

    def __init__(
        self, data: QueryDict | None, *, lines: Iterable[Line], initial: dict[str, Any]
    ) -> None:
        raw = [_raw(line) for line in lines] if data is None else _typed(data)
        if data is not None and data.get("do") not in DECISIONS:  # only more lines were requested
            raw += _copied(data, raw)
            if (add := data.get("add", "")) in {str(day) for day in DAYS}:
                raw.append({"weekday": add})
            initial = {"since": data.get("since"), "until": data.get("until")}
            data = None
        super().__init__(data, _with_an_empty_line_each(raw), initial)

    @property
    def days(self) -> list[DayLines]:
        """For the page, by weekday."""
        return [
            DayLines(
                day,
                str(name),
                [line for line in self.lines if line["weekday"].value() == str(day)],
            )
            for day, name in WorkingHours.Weekday.choices
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return data


class DateForm(LinesForm):
    """The hours of a single date."""

    USUAL, OFF = "", "off"
    day = DayField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("On that date"),
        choices=[
            (DateHours.Kind.INSTEAD, gettext_lazy("These hours instead of the usual ones")),
            (DateHours.Kind.EXTRA, gettext_lazy("These hours plus the usual ones")),
            (OFF, gettext_lazy("No hours at all")),
            (USUAL, gettext_lazy("The usual hours again")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self, data: QueryDict | None, *, rows: Sequence[DateHours], initial: dict[str, Any]
    ) -> None:
        if data is None:
            spans = [(row.starts, row.ends) for row in rows if row.starts and row.ends]
            raw = [_raw(week.Line(0, starts, ends)) for starts, ends in spans]
            kind = rows[0].kind if raw else self.OFF if rows else DateHours.Kind.INSTEAD
            initial = {"kind": kind, **initial}
        else:
            raw = [line | {"weekday": "0"} for line in _typed(data)]
        if data is not None and data.get("do") not in DECISIONS:  # only more lines were requested
            raw.append({"weekday": "0"})
            initial = {"day": data.get("day"), "kind": data.get("kind")}
            data = None
        super().__init__(data, raw or [{"weekday": "0"}], initial)

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if not self.errors and data.get("kind") in DateHours.Kind.values and not self.chosen:
            self.add_error(None, _("Enter the hours for that date."))
        return data

    @property
    def spans(self) -> list[Span]:
        if self.cleaned_data.get("kind") not in DateHours.Kind.values:
            return []
        return [(line.starts, line.ends) for line in self.chosen]

    @property
    def stored_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        return DateHours.Kind.INSTEAD if kind == self.OFF else kind


def _typed(data: QueryDict) -> list[dict[str, str]]:
    """The lines of the page as they were typed, even if their numbers have gaps."""
    names = list(LineForm.base_fields)
    rows = (
        {name: data.get(f"line-{number}-{name}", "") for name in names}
        for number in range(MOST_LINES)
        if f"line-{number}-weekday" in data
    )
    return list(rows)


def _copied(data: QueryDict, raw: list[dict[str, str]]) -> list[dict[str, str]]:
    """Copy the lines of one day to others, replacing theirs."""
    if data.get("do") != "copy":
        return []
    source, wanted = data.get("copy_from", ""), set(data.getlist("copy_to"))
    wanted &= {str(day) for day in DAYS} - {source}
    model = [line for line in raw if line["weekday"] == source]
    raw[:] = [line for line in raw if line["weekday"] not in wanted]
    return [line | {"weekday": day} for day in sorted(wanted) for line in model]


def _raw(line: Line) -> dict[str, str]:
    raw = {
        "weekday": str(line.weekday),
        "starts": f"{line.starts:%H:%M}",
        "ends": f"{line.ends:%H:%M}",
    }
    for number, (starts, ends) in enumerate(line.breaks[:PAUSES]):
        raw[f"break_{number}_starts"] = f"{starts:%H:%M}"
        raw[f"break_{number}_ends"] = f"{ends:%H:%M}"
    return raw


def _with_an_empty_line_each(raw: list[dict[str, str]]) -> list[dict[str, str]]:
    """Every day has a line to type in; in the order of the week."""
    known = {line["weekday"] for line in raw}
    raw += [{"weekday": str(day)} for day in DAYS if str(day) not in known]
    return sorted(raw, key=lambda line: line["weekday"])
