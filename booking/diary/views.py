"""Pages of the diary's rules: the way in, and the working hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.diary import hours, selectors, stranded, week
from booking.diary.page import Editor, edit, role_of
from booking.diary.week_forms import DateForm, WeekForm
from clinic import access
from clinic.dates import day_or_none
from clinic.models import Role, Therapist

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location


@access.desk
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """What needs doing first: the visits that do not fit any more."""
    known = selectors.places()
    here = selectors.place(request, known)
    context = {
        "stranded": stranded.listed(stranded.find()),
        "weeks": selectors.weeks(here),
        "time_off": selectors.time_off(here)[:5],
        "closed": selectors.closed_dates(here)[:5],
        "places": known,
        "here": here,
        **role_of(request),
    }
    return render(request, "booking/diary/overview.html", context)


@access.desk
@require_safe
def hours_list(request: HttpRequest) -> HttpResponse:
    known = selectors.places()
    here = selectors.place(request, known)
    context = {
        "weeks": selectors.weeks(here),
        "places": known,
        "here": here,
        **role_of(request),
    }
    return render(request, "booking/diary/hours_list.html", context)


@access.desk
@require_safe
def hours_of(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """One therapist's weeks: the present one, those planned, those that were."""
    person, here = _whose(request, therapist_id)
    today = selectors.today_at(here)
    known = week.patterns(hours.rows_of(person, here))
    context = {
        "person": person,
        "here": here,
        "places": selectors.places(),
        "now": week.on(known, today),
        "planned": [p for p in known if p.first and p.first > today],
        "past": [p for p in known if p.last and p.last < today][::-1],
        "dates": hours.planned_dates(person, here, today),
        **role_of(request),
    }
    return render(request, "booking/diary/hours.html", context)


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def hours_week(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """The week editor."""
    person, here = _whose(request, therapist_id)
    since = day_or_none(request.GET.get("from")) or selectors.today_at(here)
    known = week.patterns(hours.rows_of(person, here))
    form = WeekForm(
        request.POST if request.method == "POST" else None,
        lines=week.on(known, since).lines,
        initial={"since": since},
    )

    def change(shown: str) -> hours.SetWeek:
        data = form.cleaned_data
        return hours.SetWeek(
            location=here,
            shown=shown,
            therapist=person,
            since=data["since"],
            until=data["until"],
            lines=form.chosen,
        )

    editor = Editor(
        template="booking/diary/week.html",
        form=form,
        change=change,
        stamp=hours.stamp_of_week(person, here),
        done=hours_url(person, here),
        said=_("The hours of %(name)s are saved.") % {"name": person.name},
        fields={"past_day": "since"},
        context={"person": person, "here": here, "later": _later(known, form)},
    )
    return edit(request, editor)


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def hours_date(request: HttpRequest, therapist_id: UUID) -> HttpResponse:
    """The hours of a single date: instead of the week's, besides them, or none."""
    person, here = _whose(request, therapist_id)
    posted = request.POST if request.method == "POST" else None
    asked = request.POST.get("day") if posted else request.GET.get("day")
    day = day_or_none(asked) or selectors.today_at(here)
    form = DateForm(posted, rows=hours.of_date(person, here, day), initial={"day": day.isoformat()})

    def change(shown: str) -> hours.SetDate:
        return hours.SetDate(
            location=here,
            shown=shown,
            therapist=person,
            day=form.cleaned_data["day"],
            kind=form.stored_kind,
            spans=form.spans,
        )

    editor = Editor(
        template="booking/diary/date.html",
        form=form,
        change=change,
        stamp=hours.SetDate(location=here, therapist=person, day=day, kind="", spans=()).current(),
        done=hours_url(person, here),
        said=_("The hours of that date are saved."),
        context={"person": person, "here": here, "day": day},
    )
    return edit(request, editor)


def hours_url(person: Therapist, here: Location) -> str:
    return f"{reverse('diary:hours', args=[person.pk])}?location={here.pk}"


def _whose(request: HttpRequest, pk: UUID) -> tuple[Therapist, Location]:
    person = Therapist.objects.filter(pk=pk).first()
    if person is None:
        raise Http404
    return person, selectors.place(request, selectors.places())


def _later(known: list[week.Pattern], form: WeekForm) -> list[week.Pattern]:
    """Weeks already planned that the new one would replace."""
    if not form.is_bound or not form.is_valid():
        return []
    since, until = form.cleaned_data["since"], form.cleaned_data["until"]
    return [p for p in known if p.first and since < p.first and not (until and p.first > until)]
