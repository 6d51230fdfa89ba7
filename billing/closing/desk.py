"""The page that closes a day."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing.closing import cash, services
from billing.closing.forms import CountForm
from billing.drawers import here
from billing.models import Drawer, DrawerCount
from clinic import access
from clinic import selectors as clinic
from clinic.format import money
from clinic.web.days import shown_day
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse

    from clinic.web.days import ShownDay


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """A drawer on a day: what should be in it, what was counted, and how to count it."""
    days, drawer = shown_day(request), _drawer(request)
    form = CountForm(request.POST or None, initial=_begin(drawer, days["day"]))

    def save(typed: dict[str, Any]) -> str:
        typed["opening_cents"], typed["counted_cents"] = typed.pop("opening"), typed.pop("counted")
        who = access.user_of(request)
        made = services.close(actor=who, drawer=drawer, day=days["day"], **typed)
        flash.success(request, _said(made))
        return request.get_full_path()

    context = partial(_about, request, drawer, days)
    return form_page(request, form, "billing/closing/close.html", save, context=context)


def _drawer(request: HttpRequest) -> Drawer:
    """The one that the address names, the one that cash went into last here, or the first."""
    known = list(Drawer.objects.select_related("location"))
    asked = request.GET.get("drawer", "")
    found = next((one for one in known if str(one.pk) == asked), None)
    if asked and found is None:
        raise Http404
    if found is not None:
        return found
    in_use = [one for one in known if one.retired_at is None]
    last = next((one for one in in_use if str(one.pk) == request.session.get(here.LAST)), None)
    return last or next(iter(in_use), None) or Drawer.objects.of(clinic.location())


def _begin(drawer: Drawer, day: date) -> dict[str, Any]:
    standing = next(iter(services.counts(drawer, day)), None)
    if standing is None:
        return {"opening": drawer.float_cents}
    return {"opening": standing.opening_cents, "replaces": standing.pk}


def _about(request: HttpRequest, drawer: Drawer, days: ShownDay) -> dict[str, Any]:
    found = services.counts(drawer, days["day"])
    moved = cash.movement(drawer, days["day"])
    standing = found[0] if found else None
    opening = standing.opening_cents if standing is not None else drawer.float_cents
    expected = moved.expected(opening)
    return {
        **days,
        "drawer": drawer,
        "drawers": _listed(drawer, days["day"]),
        "counts": found,
        "standing": standing,
        # What should be in it now: payments may have been taken or corrected since the count.
        "moved": moved,
        "opening_cents": opening,
        "expected_cents": expected,
        "has_changed": standing is not None and standing.expected_cents != expected,
        "totals": cash.other_totals(drawer, days["day"]),
        # After a refusal the page carries the count that stands, so that saving again is meant.
        "replaces": standing.pk if standing is not None else "",
    }


def _listed(shown: Drawer, day: date) -> list[Drawer]:
    """Those in use, each with what was counted that day; a retired one only on a day it has."""
    counted = {one.drawer_id: one for one in DrawerCount.objects.filter(day=day, replaced_by=None)}
    found = []
    for drawer in Drawer.objects.all():
        drawer.counted = counted.get(drawer.pk)  # type: ignore[attr-defined]
        if drawer.retired_at is None or drawer.pk in {shown.pk, *counted}:
            found.append(drawer)
    return found


def _said(made: DrawerCount) -> str:
    if made.difference_cents < 0:
        return _("The day is closed, %(amount)s short.") % {"amount": money(-made.difference_cents)}
    if made.difference_cents:
        return _("The day is closed, %(amount)s over.") % {"amount": money(made.difference_cents)}
    return _("The day is closed. The cash is right.")
