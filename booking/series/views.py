"""The page where a series is planned and booked, for clients and the desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from booking import selectors
from booking.series import services as series_booking
from booking.series.ask import PlanFor
from booking.series.booked import DESK, PORTAL, Side
from booking.series.errors import SeriesTaken
from booking.series.forms import SeriesForm
from booking.series.proposal import Chosen, Planner, Screen
from booking.visits import requests
from booking.visits.forms import StartField
from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.format import when
from clinic.people import reaching
from clinic.web.numbers import number_or_none
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from clinic.models import Client


KEY = "series"  # session key: the plan as it was last adjusted
PART = "series"  # id of the part that htmx swaps


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: HttpRequest) -> HttpResponse:
    """A signed-in client plans; a prescription in the URL says for whom."""
    named = requests.uuid_or_none(request.GET.get("prescription"))
    if named:
        mine = Prescription.objects.select_related("client")
        client = access.own(request, mine, named).client
    else:
        client = access.acting_client(request)
    return _page(request, PlanFor(client), PORTAL)


@access.desk
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def desk_plan(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="booking.viewed", again=view_log.PAGE)
    named = requests.uuid_or_none(request.GET.get("prescription"))
    if named and not Prescription.objects.filter(pk=named, client=client).exists():
        raise Http404
    return _page(request, PlanFor(client, by_desk=True), DESK)


def _page(request: HttpRequest, ask: PlanFor, side: Side) -> HttpResponse:
    token = requests.uuid_or_none(request.POST.get("token"))
    if token and selectors.in_series(ask.client.pk, token).exists():  # the form came twice
        return _go(request, side.of_series(ask.client, token))
    page = Page(request, ask, side, SeriesForm.of(ask, request.GET))
    if not page.form.is_valid():
        return page.show(status=422)
    planner = page.planner = Planner(ask, page.form)
    if request.method == "POST":
        return _act(page, planner)
    kept = _kept(request, ask)
    if kept is None:
        kept, notes = planner.propose()
    else:
        kept, gone = planner.renew(kept)
        notes = _not_replaced(gone)
    change, day = number_or_none(request.GET.get("change")), day_or_none(request.GET.get("day"))
    return page.show(planner.screen(kept, notes, change=change, day=day))


@dataclass(slots=True)
class Page:
    """The page of a plan, as it is shown again and again."""

    request: HttpRequest
    ask: PlanFor
    side: Side
    form: SeriesForm
    planner: Planner | None = None

    def show(
        self,
        screen: Screen | None = None,
        *,
        error: str = "",
        token: UUID | None = None,
        status: int = 200,
    ) -> HttpResponse:
        request, ask, planner = self.request, self.ask, self.planner
        prescription = planner.prescription if planner else None
        context: dict[str, Any] = {
            "client": ask.client,
            "clients": [] if self.side.by_desk else list(access.clients_for(request.user)),
            "form": self.form,
            "screen": screen or Screen(),
            "option": planner.option if planner else None,
            "prescription": prescription,
            "wanted": planner.asked if planner else None,
            "zone": ask.location.zone,
            "error": error,
            "token": token or uuid4(),
            "by_desk": self.side.by_desk,
            "past_reason": request.POST.get("past_reason", ""),
            "has_prescription": bool(ask.prescriptions),
            "go": request.GET.get("go", ""),
            "wish_open": "count" in request.GET or not prescription,
        }
        part = requests.wants_part(request, PART)
        template = "booking/series/_note.html" if part else self.side.template("plan")
        with timezone.override(ask.location.zone):
            return render(request, template, context, status=status)


def _act(page: Page, planner: Planner) -> HttpResponse:
    """One button of the plan. It posts what the page shows, so two tabs do not mix."""
    request = page.request
    action, _sep, rest = request.POST.get("do", "").partition(":")
    try:
        shown = _read(request.POST.getlist("visit"))
        if action == "book":
            return _book(page, planner, shown)
        where = _adjust(planner, shown, action, rest)
    except forms.ValidationError:
        error = _("We could not read that plan. Here is a new one.")
        return page.show(planner.screen(*planner.propose()), error=error, status=422)
    request.session[KEY] = {"client": str(page.ask.client.pk), "plan": [one.value for one in shown]}
    query = request.GET.copy()
    for name in ("plan", "change", "day", "go"):
        query.pop(name, None)
    query.update({"plan": "1", **where})
    number = where.get("change") or where.get("go")
    anchor = f"#visit-{number}" if number else ""
    return redirect(f"{request.path}?{query.urlencode()}{anchor}")


def _adjust(planner: Planner, shown: list[Chosen], action: str, rest: str) -> dict[str, str]:
    """Change the plan in place; returns what the next page should open or focus."""
    number, _sep, value = rest.partition(":")
    place = (number_or_none(number) or 0) - 1
    inside = 0 <= place < len(shown)
    changed: Chosen | None = None
    if action == "add":
        if changed := planner.add(shown):
            shown.append(changed)
    elif not inside:
        return {}
    elif action == "drop":
        del shown[place]
        return {"go": str(min(place + 1, len(shown)))}
    elif action == "pick":
        changed = shown[place] = _read([value])[0]
    elif action == "change":
        on = day_or_none(value)
        return {"change": number, **({"day": on.isoformat()} if on else {})}
    elif action == "keep":
        return {"go": number}
    shown.sort(key=lambda one: one.start)
    return {"go": str(shown.index(changed) + 1)} if changed else {}


def _book(page: Page, planner: Planner, shown: list[Chosen]) -> HttpResponse:
    request, client = page.request, page.ask.client
    token = requests.uuid_or_none(request.POST.get("token")) or uuid4()
    try:
        made = series_booking.book(
            actor=access.user_of(request),
            client=client,
            option=planner.option,
            wanted=[one.wanted for one in shown],
            token=token,
            prescription=planner.prescription,
            price_cents=number_or_none(request.POST.get("price")),
            past_reason=request.POST.get("past_reason", ""),
        )
    except DomainError as refusal:
        gone: Sequence[Any] = ()
        if isinstance(refusal, SeriesTaken):
            shown, gone = planner.renew(shown, refusal.lost)
        screen = planner.screen(shown, _not_replaced(gone))
        return page.show(screen, error=str(refusal.message), token=token, status=422)
    request.session.pop(KEY, None)
    flash.success(request, _booked_words(request, client, len(made)))
    return _go(request, page.side.of_series(client, token))


def _booked_words(request: HttpRequest, client: Client, count: int) -> str:
    if not client.is_called:
        text = ngettext(
            "%(count)s visit is booked. A confirmation is on its way by e-mail.",
            "All %(count)s visits are booked. One confirmation is on its way by e-mail.",
            count,
        )
        return text % {"count": count}
    text = ngettext("%(count)s visit is booked.", "All %(count)s visits are booked.", count)
    call = reaching.to_call([client]) if access.works_here(request.user) else ""
    return f"{text % {'count': count}} {call}".strip()


def _kept(request: HttpRequest, ask: PlanFor) -> list[Chosen] | None:
    """The adjusted plan, if this is the one."""
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
        therapist_id = requests.uuid_or_none(who)
        if therapist_id is None:
            raise forms.ValidationError(_("Choose one of the times."))
        before = start_of.clean(was).astimezone(UTC) if was else None
        found.append(Chosen(start_of.clean(start).astimezone(UTC), therapist_id, before))
    return sorted(found, key=lambda one: one.start)


def _not_replaced(gone: Sequence[Any]) -> list[str]:
    text = _("%(when)s is no longer free, and neither is anything near it. We removed it.")
    return [text % {"when": when(start)} for start in gone]


def _go(request: HttpRequest, address: str) -> HttpResponse:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(address)
    return redirect(address)
