"""A therapist's own day: what to know before each visit, and the notes still to sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from booking.visits import requests
from clinic import access
from clinic.audit import services as audit
from clinic.selectors import clinic_today
from clinic.web import live
from clinic.web.days import shown_day
from treatment import selectors
from treatment.day import before
from treatment.followups import selectors as follow_ups
from treatment.letters import selectors as letters
from treatment.notes import selectors as notes
from treatment.regions import bodymap

if TYPE_CHECKING:
    from datetime import date

    from django.http import HttpRequest, HttpResponse
    from django.utils.safestring import SafeString

    from clinic.models import Therapist
    from treatment.models import FollowUp


WHOSE = "appointment__client"


@access.therapist
@require_safe
def today(request: HttpRequest) -> HttpResponse:
    therapist = selectors.own_therapist(access.user_of(request))
    if therapist is None:
        raise Http404
    days = shown_day(request)
    cards = _cards(request, therapist, days["day"])
    if requests.wants_part(request, "live"):
        return live.answer(request, cards)
    return render(request, "treatment/today.html", {**days, "live": cards})


def _cards(request: HttpRequest, therapist: Therapist, day: date) -> SafeString:
    rows = selectors.day_of(therapist, day)
    visits = [appointment for appointment, _lights in rows]
    due = letters.due_of_therapist(therapist, clinic_today())
    people = [one.client for one in visits if one.client] + [one.order.client for one in due]
    audit.listed(request, "treatment.listed", people)
    known = before.of_all([one for one in visits if one.is_open], timezone.localdate())
    shown = {
        "rows": [(*row, known.get(row[0].pk)) for row in rows],
        "sides": bodymap.outlines(),
        "high": _high(request, therapist),
        "letters": due,
        # Not one that would lead nowhere: ADR 17.
        "unsigned": list(access.seen(access.user_of(request), notes.unsigned(therapist), WHOSE)),
    }
    return live.render(request, "treatment/_today.html", shown)


def _high(request: HttpRequest, therapist: Therapist) -> list[FollowUp]:
    found = follow_ups.high(therapist)
    whose = [one.visit.appointment.client for one in found]
    audit.listed(request, "treatment.listed", [client for client in whose if client])
    return found
