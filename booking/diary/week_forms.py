"""The week editor: any number of lines a day, without JavaScript. Shape of input only.

The page posts its lines flat and numbered; a button that adds or copies lines posts them all, and
the page comes back with them and the new ones. Empty lines say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.diary import week
from booking.diary.fields import ClockField, DayField
from booking.diary.page import DECISIONS
from booking.models import DateHours, WorkingHours

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import time

    from django.http import QueryDict

    from booking.diary.week import Line, Span

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
    def has_second_break(self) -> bool:
        return bool(self["break_1_starts"].value() or self["break_1_ends"].value())

    @property
    def has_break(self) -> bool:
        return bool(self["break_0_starts"].value() or self["break_0_ends"].value())


@dataclass(frozen=True, slots=True)
class DayLines:
    number: int
    name: str
    lines: list[LineForm]


class WeekForm(forms.Form):
    """From when the week holds; its lines are forms of their own in `days`."""

    since = DayField(label=gettext_lazy("From"))
    until = DayField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Leave empty: for good."),
    )

    def __init__(
        self, data: QueryDict | None = None, *, lines: Iterable[Line] = (), **kwargs: Any
    ) -> None:
        raw = [_raw(line) for line in lines] if data is None else _typed(data)
        if data is not None and data.get("do") not in DECISIONS:  # only more lines are asked for
            raw += _copied(data, raw)
            if (add := data.get("add", "")) in {str(day) for day in DAYS}:
                raw.append({"weekday": add})
            kwargs["initial"] = {"since": data.get("since"), "until": data.get("until")}
            data = None
        super().__init__(data, **kwargs)
        self.lines = _forms(_with_an_empty_line_each(raw), bound=data is not None)

    @property
    def line_errors(self) -> list[dict[str, str]]:
        return errors_of(self.lines)

    @property
    def days(self) -> list[DayLines]:
        """For the page, by weekday."""
        names = dict(WorkingHours.Weekday.choices)
        return [
            DayLines(
                day,
                str(names[day]),
                [line for line in self.lines if line["weekday"].value() == str(day)],
            )
            for day in DAYS
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first."))
        if not check(self.lines):
            self.add_error(None, _("Check the times below."))
        return data

    @property
    def chosen(self) -> list[Line]:
        return sorted(form.line for form in self.lines if form.line)


class DateForm(forms.Form):
    """The hours of a single date."""

    USUAL, OFF = "", "off"
    day = DayField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("On that date"),
        choices=[
            (DateHours.Kind.INSTEAD, gettext_lazy("These hours instead of the usual ones")),
            (DateHours.Kind.EXTRA, gettext_lazy("These hours besides the usual ones")),
            (OFF, gettext_lazy("No hours at all")),
            (USUAL, gettext_lazy("The usual hours again")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(
        self, data: QueryDict | None = None, *, rows: Sequence[DateHours] = (), **kwargs: Any
    ) -> None:
        if data is None:
            raw = [
                {"weekday": "0", "starts": f"{row.starts:%H:%M}", "ends": f"{row.ends:%H:%M}"}
                for row in rows
                if row.starts and row.ends
            ]
            kind = rows[0].kind if raw else self.OFF if rows else DateHours.Kind.INSTEAD
            kwargs["initial"] = {"kind": kind, **kwargs.get("initial", {})}
        else:
            raw = [line | {"weekday": "0"} for line in _typed(data)]
        if data is not None and data.get("do") not in DECISIONS:  # only more lines are asked for
            raw.append({"weekday": "0"})
            kwargs["initial"] = {"day": data.get("day"), "kind": data.get("kind")}
            data = None
        super().__init__(data, **kwargs)
        self.lines = _forms(raw or [{"weekday": "0"}], bound=data is not None)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not check(self.lines):
            self.add_error(None, _("Check the times below."))
        elif data.get("kind") in DateHours.Kind.values and not self.spans:
            self.add_error(None, _("Enter the hours of that date."))
        return data

    @property
    def spans(self) -> list[Span]:
        if self.cleaned_data.get("kind") not in DateHours.Kind.values:
            return []
        return sorted((form.line.starts, form.line.ends) for form in self.lines if form.line)

    @property
    def stored_kind(self) -> str:
        kind: str = self.cleaned_data["kind"]
        return DateHours.Kind.INSTEAD if kind == self.OFF else kind


def errors_of(lines: Iterable[LineForm]) -> list[dict[str, str]]:
    """What is wrong with the lines, each with the field that it is about, for the summary."""
    names = {str(number): str(name) for number, name in WorkingHours.Weekday.choices}
    return [
        {
            "id": field.id_for_label,
            "text": f"{names.get(line['weekday'].value(), '')}, {field.label}: {error}",
        }
        for line in lines
        if line.is_bound
        for field in line
        for error in field.errors
    ]


def check(forms_of_lines: Iterable[LineForm]) -> bool:
    """Each line by itself, then against those of its day before it."""
    known: list[Line] = []
    for form in forms_of_lines:
        if form.is_valid() and form.line:
            if week.clash(form.line, known):
                form.add_error("starts", _("These hours overlap others of the day."))
            known.append(form.line)
    return not any(form.errors for form in forms_of_lines)


def _typed(data: QueryDict) -> list[dict[str, str]]:
    """The lines of the page as they were typed, numbers without a gap or not."""
    names = list(LineForm.base_fields)
    rows = (
        {name: data.get(f"line-{number}-{name}", "") for name in names}
        for number in range(MOST_LINES)
        if f"line-{number}-weekday" in data
    )
    return list(rows)


def _copied(data: QueryDict, raw: list[dict[str, str]]) -> list[dict[str, str]]:
    """The lines of one day again for others, in place of what those had."""
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


def _forms(raw: Iterable[dict[str, str]], *, bound: bool) -> list[LineForm]:
    made = []
    for number, line in enumerate(raw):
        prefix = f"line-{number}"
        typed = {f"{prefix}-{name}": text for name, text in line.items()}
        made.append(LineForm(typed if bound else None, prefix=prefix, initial=line))
    return made[:MOST_LINES]
