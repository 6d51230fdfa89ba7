"""The page on which a series is planned and booked, for clients and for the desk."""

from __future__ import annotations

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

from booking import flow
from booking.forms import StartField
from booking.series import selectors as series_reads
from booking.series import services as series_booking
from booking.series.after import DESK, PORTAL, Side
from booking.series.ask import Ask
from booking.series.errors import SeriesTaken
from booking.series.screen import Chosen, Planner, Screen
from clinic import access, audit, looks
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.numbers import number_or_none
from clinic.templatetags.clinic_format import when
from prescriptions.models import Prescription

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from django.http import HttpRequest

    from booking.series.forms import SeriesForm

KEY = "series"  # session key: the plan as it was last adjusted
PART = "series"  # id of the part that htmx swaps


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
    audit.viewed(request, client, action="booking.viewed", again=looks.PAGE)
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
    screen = planner.screen(
        kept,
        notes,
        change=number_or_none(request.GET.get("change")),
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
    for name in ("plan", "change", "day", "go"):
        query.pop(name, None)
    query.update({"plan": "1", **where})
    number = where.get("change") or where.get("go")
    anchor = f"#visit-{number}" if number else ""
    return redirect(f"{request.path}?{query.urlencode()}{anchor}")


def _adjust(planner: Planner, shown: list[Chosen], action: str, rest: str) -> dict[str, str]:
    """Change the plan in place; what the next page should open, or at which visit it should be."""
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
            price_cents=number_or_none(request.POST.get("price")),
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
        "go": request.GET.get("go", ""),
        "wish_open": "count" in request.GET or not (planner and planner.prescription),
    }
    part = flow.wants_part(request, PART)
    template = "booking/series/_note.html" if part else side.template
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
