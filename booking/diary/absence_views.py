"""Pages of time off and of closed dates. The desk takes the call when somebody is ill."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking import flow
from booking.diary import absence, holidays, selectors
from booking.diary.forms import EVERYBODY, ClosedDateForm, HolidaysForm, TimeOffForm
from booking.diary.page import Editor, edit, role_of
from booking.models import ClosedDate, TimeOff
from clinic import access
from clinic.models import Role

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location

YEARS_AHEAD = 2


@access.desk
@require_safe
def time_off_list(request: HttpRequest) -> HttpResponse:
    known = selectors.places()
    here = selectors.place(request, known)
    context = {
        "ahead": selectors.time_off(here),
        "past": selectors.past_time_off(here),
        "places": known,
        "here": here,
        **role_of(request),
    }
    return render(request, "booking/diary/time_off_list.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_new(request: HttpRequest) -> HttpResponse:
    here = selectors.place(request, selectors.places())
    who = flow.uuid_or_none(request.GET.get("therapist"))
    initial = {"who": str(who or ""), "first": selectors.today_at(here)}
    form = TimeOffForm(request.POST or None, location=here, initial=initial)
    return edit(request, _time_off(form, here, None))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_change(request: HttpRequest, time_off_id: UUID) -> HttpResponse:
    row = _ahead(time_off_id)
    initial = TimeOffForm.initial_of(row, row.location)
    form = TimeOffForm(request.POST or None, location=row.location, initial=initial)
    return edit(request, _time_off(form, row.location, row))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_remove(request: HttpRequest, time_off_id: UUID) -> HttpResponse:
    row = _ahead(time_off_id)
    editor = Editor(
        template="booking/diary/time_off_remove.html",
        form=None,
        change=lambda shown: absence.DropTimeOff(location=row.location, shown=shown, row=row),
        stamp=absence.DropTimeOff(location=row.location, row=row).current(),
        done=_url("diary:time-off", row.location),
        said=_("The time off is taken away."),
        context={"row": row, "here": row.location},
    )
    return edit(request, editor)


def _time_off(form: TimeOffForm, here: Location, row: TimeOff | None) -> Editor:
    def change(shown: str) -> absence.PutTimeOff:
        starts_at, ends_at = form.span
        return absence.PutTimeOff(
            location=here,
            shown=shown,
            row=row,
            therapist=form.therapist,
            starts_at=starts_at,
            ends_at=ends_at,
            reason=form.cleaned_data["reason"],
        )

    whose = _("The clinic") if form["who"].value() == EVERYBODY else ""
    return Editor(
        template="booking/diary/time_off.html",
        form=form,
        change=change,
        stamp=absence.DropTimeOff(location=here, row=row).current() if row else "",
        done=_url("diary:time-off", here),
        said=_("The time off is saved."),
        fields={"time_off_overlaps": "first"},
        context={"row": row, "here": here, "whose": whose},
    )


def _ahead(pk: UUID) -> TimeOff:
    """What is over stays as it was."""
    rows = TimeOff.objects.select_related("therapist", "location")
    return get_object_or_404(rows, pk=pk, ends_at__gt=timezone.now())


@access.desk
@require_safe
def closed_list(request: HttpRequest) -> HttpResponse:
    known = selectors.places()
    here = selectors.place(request, known)
    context = {
        "closed": selectors.closed_dates(here),
        "places": known,
        "here": here,
        "years": _years(here),
        **role_of(request),
    }
    return render(request, "booking/diary/closed_list.html", context)


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def closed_new(request: HttpRequest) -> HttpResponse:
    here = selectors.place(request, selectors.places())
    form = ClosedDateForm(request.POST or None, location=here)
    return edit(request, _closing(form, here, "booking/diary/closed.html"))


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def closed_holidays(request: HttpRequest) -> HttpResponse:
    """The federal holidays of a year, to be chosen from."""
    here = selectors.place(request, selectors.places())
    years = _years(here)
    wanted = request.GET.get("year", "")
    year = next((year for year in years if str(year) == wanted), years[0])
    offered = _offered(year, here)
    chosen = [one.day.isoformat() for one in offered if not one.is_observed]
    form = HolidaysForm(request.POST or None, holidays=offered, initial={"dates": chosen})
    editor = _closing(form, here, "booking/diary/holidays.html")
    editor.context |= {"year": year, "years": years, "offered": offered}
    return edit(request, editor)


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def closed_open(request: HttpRequest, closed_id: UUID) -> HttpResponse:
    """Work on that date after all."""
    row = ClosedDate.objects.select_related("location").filter(pk=closed_id).first()
    if row is None or row.day < selectors.today_at(row.location):
        raise Http404
    here = row.location
    editor = Editor(
        template="booking/diary/closed_open.html",
        form=None,
        change=lambda shown: absence.OpenDate(location=here, shown=shown, row=row),
        stamp=absence.OpenDate(location=here, row=row).current(),
        done=_url("diary:closed", here),
        said=_("The clinic works on that date again."),
        context={"row": row, "here": here},
    )
    return edit(request, editor)


def _closing(form: ClosedDateForm | HolidaysForm, here: Location, template: str) -> Editor:
    return Editor(
        template=template,
        form=form,
        change=lambda shown: absence.CloseDates(location=here, shown=shown, days=form.days),
        stamp="",
        done=_url("diary:closed", here),
        said=_("The closed dates are saved."),
        fields={"past_day": "day"} if isinstance(form, ClosedDateForm) else {},
        context={"here": here},
    )


def _offered(year: int, here: Location) -> list[holidays.Holiday]:
    today = selectors.today_at(here)
    known = set(selectors.closed_dates(here).values_list("day", flat=True))
    return [
        holiday
        for holiday in holidays.federal(year)
        if holiday.day >= today and holiday.day not in known
    ]


def _years(here: Location) -> list[int]:
    """This year and the next; in December nobody plans the one that ends."""
    today = selectors.today_at(here)
    first = (today + timedelta(days=7)).year
    return list(range(first, first + YEARS_AHEAD))


def _url(name: str, here: Location) -> str:
    return f"{reverse(name)}?location={here.pk}"
