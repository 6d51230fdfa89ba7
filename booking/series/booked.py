"""The pages of a booked series: view it, add it to a calendar, cancel the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from booking import selectors
from booking.desk.forms import CauseForm
from booking.models import FREE
from booking.series import services as series_booking
from booking.series.errors import NothingChosen
from booking.visits import ics, late_fees, notices
from booking.visits.forms import CancelForm
from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.messaging.links import absolute
from clinic.web.form_page import form_page
from clinic.web.numbers import number_or_none

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment
    from clinic.models import Client


@dataclass(frozen=True, slots=True)
class Side:
    """Where the pages are shown: the portal, or the desk."""

    by_desk: bool = False

    def template(self, name: str) -> str:
        return f"booking/series/{'desk_' if self.by_desk else ''}{name}.html"

    def of_series(self, client: Client, series: UUID) -> str:
        if self.by_desk:
            return reverse("booking:desk-series-detail", args=[client.pk, series])
        return reverse("booking:series-detail", args=[series])


PORTAL, DESK = Side(), Side(by_desk=True)


@require_safe
def detail(request: HttpRequest, series_id: UUID, client_id: UUID | None = None) -> HttpResponse:
    side, client, visits = _series(request, series_id, client_id)
    context = {
        "client": client,
        "visits": visits,
        "series_id": series_id,
        "total_cents": sum(one.price_cents for one in visits if one.status not in FREE),
        "ahead": [one for one in visits if one.is_upcoming],
    }
    return render(request, side.template("detail"), context)


@require_safe
def calendar(request: HttpRequest, series_id: UUID) -> HttpResponse:
    _side, _client, visits = _series(request, series_id)
    return ics.calendar_file(
        ics.entries((one, absolute(notices.visit_path(one))) for one in visits)
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, series_id: UUID, client_id: UUID | None = None) -> HttpResponse:
    side, client, _visits = _series(request, series_id, client_id)
    return _cancel(request, client, series_id, side)


desk_detail, desk_cancel = access.desk(detail), access.desk(cancel)


def _cancel(request: HttpRequest, client: Client, series_id: UUID, side: Side) -> HttpResponse:
    """All remaining visits, or those that are checked; the fee is shown before it is owed."""
    remaining = list(selectors.left_of_series(client.pk, series_id))
    picked = set(request.POST.getlist("visit"))
    chosen = [one for one in remaining if str(one.pk) in picked]
    fees = {one.pk: late_fees.for_cancelling(one) for one in remaining}
    posted = request.POST if request.method == "POST" else None
    form: CauseForm | CancelForm = CancelForm(posted)
    if side.by_desk:
        form = CauseForm(posted, fee_cents=sum(fees.values()))
    back, ticked = side.of_series(client, series_id), chosen if posted else remaining

    def save(data: dict[str, Any]) -> str:
        if not chosen:
            raise NothingChosen
        actor, shown = access.user_of(request), _shown(request)
        agreed = {one.pk: shown.get(str(one.pk), 0) for one in chosen}
        done = series_booking.cancel(
            actor=actor, client=client, chosen=chosen, agreed=agreed, **data
        )
        text = ngettext("%(count)s visit is canceled.", "%(count)s visits are canceled.", len(done))
        flash.success(request, text % {"count": len(done)})
        return back

    context = {
        "client": client,
        "rows": [(one, fees[one.pk], one in ticked) for one in remaining],
        "fee": sum(fees[one.pk] for one in ticked),
        "back": back,
    }
    return form_page(request, form, side.template("cancel"), save, context=context)


def _shown(request: HttpRequest) -> dict[str, int]:
    """What the page said each visit costs."""
    pairs = (value.partition(":") for value in request.POST.getlist("fee"))
    return {pk: number_or_none(cents) or 0 for pk, _colon, cents in pairs}


def _series(
    request: HttpRequest, series_id: UUID, client_id: UUID | None = None
) -> tuple[Side, Client, list[Appointment]]:
    """A client's own series; with a client's id, as the desk sees it."""
    user, found = access.user_of(request), selectors.appointments().filter(series=series_id)
    if client_id is None:
        found = found.filter(client__in=access.clients_for(user))
    else:
        client = access.client(user, client_id)
        found = found.filter(client=client)
    visits = list(found.order_by("starts_at"))
    if not visits or visits[0].client is None:
        raise Http404
    if client_id is None:
        return PORTAL, visits[0].client, visits
    audit.viewed(request, client, action="appointments.viewed", again=view_log.PAGE)
    return DESK, client, visits
