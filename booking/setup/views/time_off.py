"""Pages for time off and closed dates. The desk takes the call when someone is sick."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking.models import ClosedDate, TimeOff
from booking.setup import absence, holidays, selectors
from booking.setup.changes import digest
from booking.setup.forms import ClosedDateForm, HolidaysForm, TimeOffForm
from booking.setup.page import Editor, edit, list_page
from booking.templatetags.diary import away
from booking.visits import requests
from clinic import access

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location

YEARS_AHEAD = 2


@access.desk
@require_safe
def time_off_list(request: HttpRequest) -> HttpResponse:
    def read(here: Location) -> dict[str, Any]:
        return {"ahead": selectors.time_off(here), "past": selectors.past_time_off(here)}

    return list_page(request, "booking/setup/time_off_list.html", read)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_new(request: HttpRequest) -> HttpResponse:
    here = selectors.place(request, selectors.places())
    who = requests.uuid_or_none(request.GET.get("therapist"))
    initial = {"who": str(who or ""), "first": selectors.today_at(here)}
    form = TimeOffForm(request.POST or None, location=here, initial=initial)
    return edit(request, _time_off(form, TimeOff(location=here), _("Add time off")))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_change(request: HttpRequest, time_off_id: UUID) -> HttpResponse:
    row = _ahead(time_off_id)
    initial = TimeOffForm.initial_of(row)
    form = TimeOffForm(request.POST or None, location=row.location, initial=initial)
    return edit(request, _time_off(form, row, _("Change time off")))


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def time_off_remove(request: HttpRequest, time_off_id: UUID) -> HttpResponse:
    return edit(request, _removal(_ahead(time_off_id)))


def _removal(row: TimeOff) -> Editor:
    who = row.therapist.name if row.therapist else _("Everyone")
    return Editor(
        title=_("Remove time off"),
        tab="off",
        form=None,
        change=lambda: absence.DropTimeOff(location=row.location, row=row),
        version=digest([row]),
        done=_url("diary:time-off", row.location),
        said=_("The time off is removed."),
        context={"note": f"{who}: {away(row)}", "save": _("Remove it")},
    )


def _time_off(form: TimeOffForm, row: TimeOff, title: str) -> Editor:
    return Editor(
        title=title,
        tab="off",
        template="booking/setup/time_off.html",
        form=form,
        change=lambda: absence.PutTimeOff(location=row.location, row=row, **form.values()),
        version="" if row._state.adding else digest([row]),
        done=_url("diary:time-off", row.location),
        said=_("The time off is saved."),
        fields={"time_off_overlaps": "first"},
    )


def _ahead(pk: UUID) -> TimeOff:
    """What is in the past stays as it was."""
    rows = TimeOff.objects.select_related("therapist", "location")
    return get_object_or_404(rows, pk=pk, ends_at__gt=timezone.now())


@access.desk
@require_safe
def closed_list(request: HttpRequest) -> HttpResponse:
    def read(here: Location) -> dict[str, Any]:
        return {"closed": selectors.closed_dates(here), "years": _years(here)}

    return list_page(request, "booking/setup/closed_list.html", read)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def closed_new(request: HttpRequest) -> HttpResponse:
    here = selectors.place(request, selectors.places())
    editor = _closing(ClosedDateForm(request.POST or None, location=here), here, _("Close a date"))
    editor.fields = {"past_day": "day"}
    editor.context = {"note": _("No one works that day, whatever the hours say.")}
    return edit(request, editor)


@access.manager
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
    editor = _closing(form, here, _("%(year)s holidays") % {"year": year})
    editor.template = "booking/setup/holidays.html"
    editor.context = {"year": year, "years": years, "offered": offered, "here": here}
    return edit(request, editor)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def closed_open(request: HttpRequest, closed_id: UUID) -> HttpResponse:
    """Reopen a closed date."""
    row = get_object_or_404(ClosedDate.objects.select_related("location"), pk=closed_id)
    if row.day < selectors.today_at(row.location):
        raise Http404
    return edit(request, _reopening(row))


def _reopening(row: ClosedDate) -> Editor:
    note = _("It is marked “%(name)s”. The usual hours will apply again.")
    return Editor(
        title=_("Reopen a closed date"),
        tab="closed",
        form=None,
        change=lambda: absence.OpenDate(location=row.location, row=row),
        version=digest([row]),
        done=_url("diary:closed", row.location),
        said=_("The clinic is open on that date again."),
        context={
            "heading": _("Reopen %(when)s") % {"when": date_format(row.day, "l, F j, Y")},
            "note": note % {"name": row.name or _("Closed")},
            "save": _("Reopen it"),
        },
    )


def _closing(form: ClosedDateForm | HolidaysForm, here: Location, title: str) -> Editor:
    return Editor(
        title=title,
        tab="closed",
        form=form,
        change=lambda: absence.CloseDates(location=here, days=form.days),
        done=_url("diary:closed", here),
        said=_("The closed dates are saved."),
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
    """This year and the next; in December, no one plans the year that is ending."""
    today = selectors.today_at(here)
    first = (today + timedelta(days=7)).year
    return list(range(first, first + YEARS_AHEAD))


def _url(name: str, here: Location) -> str:
    return f"{reverse(name)}?location={here.pk}"
