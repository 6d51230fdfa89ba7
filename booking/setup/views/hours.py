"""Pages for the diary's rules: the overview and the working hours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.setup import conflicts, hours, selectors, week
from booking.setup.changes import digest
from booking.setup.page import Editor, edit, list_page
from booking.setup.week_forms import DateForm, WeekForm
from clinic import access
from clinic.dates import day_or_none
from clinic.format import longday
from clinic.models import Therapist

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location


@access.desk
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What needs attention first: the visits that no longer fit."""

    def read(here: Location) -> dict[str, Any]:
        return {
            "conflicts": conflicts.listed(conflicts.find()),
            "weeks": selectors.weeks(here),
            "time_off": selectors.time_off(here)[:5],
            "closed": selectors.closed_dates(here)[:5],
        }

    return list_page(request, "booking/setup/overview.html", read)


@access.desk
@require_safe
def hours_list(request: HttpRequest) -> HttpResponse:
    return list_page(
        request, "booking/setup/hours_list.html", lambda here: {"weeks": selectors.weeks(here)}
    )


@access.desk
@require_safe
def hours_of(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """One therapist's weeks: current, planned and past."""
    person = get_object_or_404(Therapist, pk=therapist_id)
    return list_page(request, "booking/setup/hours.html", lambda here: _weeks(person, here))


def _weeks(person: Therapist, here: Location) -> dict[str, Any]:
    today = selectors.today_at(here)
    known = week.patterns(hours.rows_of(person, here))
    return {
        "person": person,
        "now": week.on(known, today),
        "planned": [p for p in known if p.first and p.first > today],
        "past": [p for p in known if p.last and p.last < today][::-1],
        "dates": hours.planned_dates(person, here, today),
    }


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def hours_week(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """The week editor."""
    person = get_object_or_404(Therapist, pk=therapist_id)
    here = selectors.place(request, selectors.places())
    since = day_or_none(request.GET.get("from")) or selectors.today_at(here)
    known = week.patterns(hours.rows_of(person, here))
    lines = week.on(known, since).lines
    form = WeekForm(request.POST or None, lines=lines, initial={"since": since})
    return edit(request, _week_editor(form, person, here, known))


def _week_editor(
    form: WeekForm, person: Therapist, here: Location, known: list[week.Pattern]
) -> Editor:
    return Editor(
        title=_("Change %(name)s's week") % {"name": person.name},
        tab="hours",
        template="booking/setup/week.html",
        form=form,
        change=lambda: hours.SetWeek(
            location=here,
            therapist=person,
            since=form.cleaned_data["since"],
            until=form.cleaned_data["until"],
            lines=form.chosen,
        ),
        version=hours.version_of_week(person, here),
        done=hours_url(person, here),
        said=_("The hours of %(name)s are saved.") % {"name": person.name},
        fields={"past_day": "since"},
        context={"later": _later(known, form), "is_wide": True},
    )


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def hours_date(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """The hours of a single date: instead of the usual ones, in addition to them, or none."""
    person = get_object_or_404(Therapist, pk=therapist_id)
    here = selectors.place(request, selectors.places())
    asked = request.POST.get("day") if request.POST else request.GET.get("day")
    day = day_or_none(asked) or selectors.today_at(here)
    rows = hours.of_date(person, here, day)
    form = DateForm(request.POST or None, rows=rows, initial={"day": day.isoformat()})
    return edit(request, _date_editor(form, person, here, day))


def _date_editor(form: DateForm, person: Therapist, here: Location, day: date) -> Editor:
    return Editor(
        title=_("%(name)s on %(when)s") % {"name": person.name, "when": longday(day)},
        tab="hours",
        template="booking/setup/date.html",
        form=form,
        change=lambda: hours.SetDate(
            location=here,
            therapist=person,
            day=form.cleaned_data["day"],
            kind=form.stored_kind,
            spans=form.spans,
        ),
        version=digest(hours.of_date(person, here, day)),
        done=hours_url(person, here),
        said=_("The hours of that date are saved."),
    )


def hours_url(person: Therapist, here: Location) -> str:
    return f"{reverse('diary:hours', args=[person.pk])}?location={here.pk}"


def _later(known: list[week.Pattern], form: WeekForm) -> list[week.Pattern]:
    """Weeks already planned that the new one would replace."""
    if not form.is_bound or not form.is_valid():
        return []
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    return [p for p in known if p.first and since < p.first and not (until and p.first > until)]
