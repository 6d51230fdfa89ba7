"""The pages of a series that is booked: look at it, take it into a calendar, cancel the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from booking import ics, notices, owing, selectors
from booking.desk_forms import CauseForm
from booking.forms import CancelForm
from booking.models import FREE
from booking.reply import calendar_file
from booking.series import selectors as series_reads
from booking.series import services as series_booking
from clinic import access, audit, looks
from clinic.errors import DomainError
from clinic.links import absolute
from clinic.numbers import number_or_none

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from clinic.models import Client


@dataclass(frozen=True, slots=True)
class Side:
    """Where the pages are shown: the portal, or the desk."""

    template: str
    detail: str  # name of the route of a series
    by_desk: bool = False

    def of_series(self, client: Client, series: UUID) -> str:
        args = [client.pk, series] if self.by_desk else [series]
        return reverse(self.detail, args=args)


PORTAL = Side("booking/series/plan.html", "booking:series-detail")
DESK = Side("booking/series/desk_plan.html", "booking:desk-series-detail", by_desk=True)


@require_safe
def detail(request: HttpRequest, series_id: UUID) -> HttpResponse:
    client, visits = _mine(request, series_id)
    return _detail(request, client, visits, "booking/series/detail.html")


@access.desk
@require_safe
def desk_detail(request: HttpRequest, client_id: UUID, series_id: UUID) -> HttpResponse:
    client, visits = _of_client(request, client_id, series_id)
    audit.viewed(request, client, action="appointments.viewed", again=looks.PAGE)
    return _detail(request, client, visits, "booking/series/desk_detail.html")


def _detail(
    request: HttpRequest, client: Client, visits: list[Appointment], template: str
) -> HttpResponse:
    now = timezone.now()
    context = {
        "client": client,
        "visits": visits,
        "series_id": visits[0].series,
        "total_cents": sum(one.price_cents for one in visits if one.status not in FREE),
        "ahead": [one for one in visits if one.status == "booked" and one.starts_at > now],
    }
    return render(request, template, context)


@require_safe
def calendar(request: HttpRequest, series_id: UUID) -> HttpResponse:
    _client, visits = _mine(request, series_id)
    return calendar_file(ics.entries((one, absolute(notices.visit_path(one))) for one in visits))


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, series_id: UUID) -> HttpResponse:
    client, _visits = _mine(request, series_id)
    return _cancel(request, client, series_id, PORTAL, "booking/series/cancel.html")


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def desk_cancel(request: HttpRequest, client_id: UUID, series_id: UUID) -> HttpResponse:
    client, _visits = _of_client(request, client_id, series_id)
    audit.viewed(request, client, action="appointments.viewed", again=looks.PAGE)
    return _cancel(request, client, series_id, DESK, "booking/series/desk_cancel.html")


def _cancel(
    request: HttpRequest, client: Client, series_id: UUID, side: Side, template: str
) -> HttpResponse:
    """All that is still to come, or those that are ticked; the fee is seen before it is owed."""
    remaining = list(series_reads.remaining(client.pk, series_id))
    picked, shown = set(request.POST.getlist("visit")), _shown(request)
    chosen = [one for one in remaining if str(one.pk) in picked]
    fees = {one.pk: owing.for_cancelling(one) for one in remaining}
    posted = request.POST if request.method == "POST" else None
    form: CauseForm | CancelForm = CancelForm(posted)
    if side.by_desk:
        form = CauseForm(posted, fee_cents=sum(fees.values()))
    back, error, status = side.of_series(client, series_id), "", 422 if form.is_bound else 200
    if form.is_valid():
        try:
            done = series_booking.cancel(
                actor=access.user_of(request),
                client=client,
                chosen=chosen,
                agreed={one.pk: shown.get(str(one.pk), 0) for one in chosen},
                **form.cleaned_data,
            )
            text = ngettext(
                "%(count)s visit is cancelled.", "%(count)s visits are cancelled.", len(done)
            )
            flash.success(request, text % {"count": len(done)})
            return redirect(back)
        except DomainError as refusal:
            error = str(refusal.message)
            if not chosen:
                error = _("Tick the visits to cancel.")
    ticked = chosen if request.method == "POST" else remaining
    context = {
        "client": client,
        "series_id": series_id,
        "rows": [(one, fees[one.pk], one in ticked) for one in remaining],
        "fee": sum(fees[one.pk] for one in ticked),
        "form": form,
        "error": error,
        "back": back,
    }
    return render(request, template, context, status=status)


def _shown(request: HttpRequest) -> dict[str, int]:
    """What the page said that each visit costs."""
    pairs = (value.partition(":") for value in request.POST.getlist("fee"))
    return {pk: number_or_none(cents) or 0 for pk, _colon, cents in pairs}


def _mine(request: HttpRequest, series_id: UUID) -> tuple[Client, list[Appointment]]:
    whose = access.clients_for(access.user_of(request))
    found = selectors.appointments().filter(series=series_id, client__in=whose)
    return _some(found.order_by("starts_at"))


def _of_client(
    request: HttpRequest, client_id: UUID, series_id: UUID
) -> tuple[Client, list[Appointment]]:
    client = access.client(access.user_of(request), client_id)
    return _some(series_reads.visits(client.pk, series_id))


def _some(found: Iterable[Appointment]) -> tuple[Client, list[Appointment]]:
    visits = list(found)
    if not visits or visits[0].client is None:
        raise Http404
    return visits[0].client, visits
