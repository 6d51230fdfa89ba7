"""The pages of a series, for clients and for the desk: plan, book, look back, cancel the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from booking import flow, ics, notices, owing, selectors, series_booking, series_reads
from booking.forms import CancelForm, StartField
from booking.models import FREE
from booking.reply import calendar_file
from booking.series_errors import SeriesTaken
from booking.series_plan import Ask, Chosen, Planner, Screen
from clinic import access
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.links import absolute
from clinic.templatetags.clinic_format import when
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from booking.models import Appointment
    from booking.series_form import SeriesForm
    from clinic.models import Client

KEY = "series"  # session key: the plan as it was last adjusted
PART = "series"  # id of the part that htmx swaps


@dataclass(frozen=True, slots=True)
class Side:
    """Where the pages are shown: the portal, or the desk."""

    template: str
    detail: str  # name of the route of a series
    by_desk: bool = False

    def of_series(self, client: Client, series: UUID) -> str:
        args = [client.pk, series] if self.by_desk else [series]
        return reverse(self.detail, args=args)


PORTAL = Side("booking/series.html", "booking:series-detail")
DESK = Side("booking/desk_series.html", "booking:desk-series-detail", by_desk=True)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """A signed-in client plans; a prescription in the address says for whom."""
    named = flow.uuid_or_none(request.GET.get("prescription"))
    if named:
        mine = Prescription.objects.select_related("client")
        client = access.mine(request, mine, named).client
    else:
        client = access.acting_client(request)
    return _page(request, Ask(client), PORTAL)


@access.desk
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_plan(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    named = flow.uuid_or_none(request.GET.get("prescription"))
    if named and not Prescription.objects.filter(pk=named, client=client).exists():
        raise Http404
    return _page(request, Ask(client, by_desk=True), DESK)


def _page(request: HttpRequest, ask: Ask, side: Side) -> HttpResponse:
    token = flow.uuid_or_none(request.POST.get("token"))
    if token and series_reads.visits(ask.client.pk, token).exists():  # the form came twice
        return _go(request, side.of_series(ask.client, token))
    form = ask.read(request.GET)
    if not form.is_valid():
        return _show(request, ask, form, side, status=422)
    planner = Planner(ask, form)
    if request.method == "POST":
        return _act(request, ask, form, planner, side)
    kept = _kept(request, ask)
    notes: list[str] = []
    if kept is None:
        kept, notes = planner.propose()
    else:
        kept, gone = planner.renew(kept)
        notes = _not_replaced(gone)
    change = request.GET.get("change", "")
    screen = planner.screen(
        kept,
        notes,
        change=int(change) if change.isdecimal() else None,
        day=day_or_none(request.GET.get("day")),
    )
    return _show(request, ask, form, side, planner=planner, screen=screen)


def _act(
    request: HttpRequest, ask: Ask, form: SeriesForm, planner: Planner, side: Side
) -> HttpResponse:
    """One button of the plan. What the page shows comes with it, so two tabs do not mix."""
    action, _sep, rest = request.POST.get("do", "").partition(":")
    try:
        shown = _read(request.POST.getlist("visit"))
        if action == "book":
            return _book(request, ask, form, planner, side, shown)
        where = _adjust(planner, shown, action, rest)
    except forms.ValidationError:
        proposed, notes = planner.propose()
        screen = planner.screen(proposed, notes)
        error = _("That plan could not be read. Here is a new proposal.")
        return _show(
            request, ask, form, side, planner=planner, screen=screen, error=error, status=422
        )
    request.session[KEY] = {"client": str(ask.client.pk), "plan": [one.value for one in shown]}
    query = request.GET.copy()
    for name in ("change", "day", "at"):
        query.pop(name, None)
    query.update({"plan": "1", **where})
    at = where.get("change") or where.get("at")
    anchor = f"#visit-{at}" if at else ""
    return redirect(f"{request.path}?{query.urlencode()}{anchor}")


def _adjust(planner: Planner, shown: list[Chosen], action: str, rest: str) -> dict[str, str]:
    """Change the plan in place; what the next page should open, or at which visit it should be."""
    number, _sep, value = rest.partition(":")
    place = int(number) - 1 if number.isdecimal() else -1
    inside = 0 <= place < len(shown)
    changed: Chosen | None = None
    if action == "add":
        if changed := planner.add(shown):
            shown.append(changed)
    elif not inside:
        return {}
    elif action == "drop":
        del shown[place]
        return {"at": str(min(place + 1, len(shown)))}
    elif action == "pick":
        changed = shown[place] = _read([value])[0]
    elif action == "change":
        on = day_or_none(value)
        return {"change": number, **({"day": on.isoformat()} if on else {})}
    elif action == "keep":
        return {"at": number}
    shown.sort(key=lambda one: one.start)
    return {"at": str(shown.index(changed) + 1)} if changed else {}


def _book(
    request: HttpRequest,
    ask: Ask,
    form: SeriesForm,
    planner: Planner,
    side: Side,
    shown: list[Chosen],
) -> HttpResponse:
    token = flow.uuid_or_none(request.POST.get("token")) or uuid4()
    try:
        made = series_booking.book(
            actor=access.user_of(request),
            client=ask.client,
            option=planner.option,
            wanted=[one.wanted for one in shown],
            token=token,
            prescription=planner.prescription,
        )
    except DomainError as refusal:
        notes: list[str] = []
        if isinstance(refusal, SeriesTaken):
            shown, gone = planner.renew(shown, refusal.lost)
            notes = _not_replaced(gone)
        screen = planner.screen(shown, notes)
        return _show(
            request,
            ask,
            form,
            side,
            planner=planner,
            screen=screen,
            error=str(refusal.message),
            token=token,
            status=422,
        )
    request.session.pop(KEY, None)
    text = ngettext(
        "%(count)s visit is booked. A confirmation is on its way by e-mail.",
        "All %(count)s visits are booked. One confirmation is on its way by e-mail.",
        len(made),
    )
    flash.success(request, text % {"count": len(made)})
    return _go(request, side.of_series(ask.client, token))


def _show(
    request: HttpRequest,
    ask: Ask,
    form: SeriesForm,
    side: Side,
    *,
    planner: Planner | None = None,
    screen: Screen | None = None,
    error: str = "",
    token: UUID | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "client": ask.client,
        "clients": [] if side.by_desk else list(access.clients_for(request.user)),
        "form": form,
        "screen": screen or Screen(),
        "option": planner.option if planner else None,
        "prescription": planner.prescription if planner else None,
        "wanted": planner.asked if planner else None,
        "zone": ask.location.zone,
        "error": error,
        "token": token or uuid4(),
        "by_desk": side.by_desk,
        "has_prescription": bool(ask.prescriptions),
        "at": request.GET.get("at", ""),
        "wish_open": "count" in request.GET or not (planner and planner.prescription),
    }
    part = flow.wants_part(request, PART)
    template = "booking/_series.html" if part else side.template
    with timezone.override(ask.location.zone):
        return render(request, template, context, status=status)


def _kept(request: HttpRequest, ask: Ask) -> list[Chosen] | None:
    """The plan as it was adjusted, if this is the one."""
    saved = request.session.get(KEY)
    if "plan" not in request.GET or not saved or saved.get("client") != str(ask.client.pk):
        return None
    try:
        return _read(saved["plan"])
    except forms.ValidationError:
        return None


def _read(values: Iterable[str]) -> list[Chosen]:
    """The visits of a form, in order. Raises ValidationError."""
    start_of, found = StartField(), []
    for value in list(values)[: series_booking.MOST + 1]:
        start, who, was = [*value.split("|"), "", ""][:3]
        therapist_id = flow.uuid_or_none(who)
        if therapist_id is None:
            raise forms.ValidationError(_("Choose one of the times."))
        before = start_of.clean(was).astimezone(UTC) if was else None
        found.append(Chosen(start_of.clean(start).astimezone(UTC), therapist_id, before))
    return sorted(found, key=lambda one: one.start)


def _not_replaced(gone: Sequence[Any]) -> list[str]:
    text = _("%(when)s is not free any more, and nothing near it is. It is left out.")
    return [text % {"when": when(start)} for start in gone]


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return redirect(address)


# ---- what was booked ----


@require_safe
def detail(request: HttpRequest, series_id: UUID) -> HttpResponse:
    client, visits = _mine(request, series_id)
    return _detail(request, client, visits, "booking/series_detail.html")


@access.desk
@require_safe
def desk_detail(request: HttpRequest, client_id: UUID, series_id: UUID) -> HttpResponse:
    client, visits = _of_client(request, client_id, series_id)
    return _detail(request, client, visits, "booking/desk_series_detail.html")


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
    return _cancel(request, client, series_id, PORTAL, "booking/series_cancel.html")


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def desk_cancel(request: HttpRequest, client_id: UUID, series_id: UUID) -> HttpResponse:
    client, _visits = _of_client(request, client_id, series_id)
    return _cancel(request, client, series_id, DESK, "booking/desk_series_cancel.html")


def _cancel(
    request: HttpRequest, client: Client, series_id: UUID, side: Side, template: str
) -> HttpResponse:
    """All that is still to come, or those that are ticked; the fee is seen before it is owed."""
    remaining = list(series_reads.remaining(client.pk, series_id))
    picked = set(request.POST.getlist("visit"))
    chosen = [one for one in remaining if str(one.pk) in picked]
    form = CancelForm(request.POST if request.method == "POST" else None)
    back, error, status = side.of_series(client, series_id), "", 200
    if request.method == "POST" and form.is_valid():
        agreed = request.POST.get("agreed", "")
        try:
            done = series_booking.cancel(
                actor=access.user_of(request),
                client=client,
                chosen=chosen,
                agreed_cents=int(agreed) if agreed.isdecimal() else 0,
                reason=form.cleaned_data["reason"],
            )
            text = ngettext(
                "%(count)s visit is cancelled.", "%(count)s visits are cancelled.", len(done)
            )
            flash.success(request, text % {"count": len(done)})
            return redirect(back)
        except DomainError as refusal:
            error, status = str(refusal.message), 422
            if not chosen:
                error = _("Tick the visits to cancel.")
    ticked = chosen if request.method == "POST" else remaining
    fees = {one.pk: owing.for_cancelling(one) for one in remaining}
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
