"""The page on which a client reads what was done, and says so: on the tablet, and at home."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.web.form_page import form_page
from treatment import selectors, sessions
from treatment.confirming import services, shown
from treatment.confirming.forms import WordForm
from treatment.confirming.selectors import from_portal, who_asks, word_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from treatment.models import Acknowledgment, Visit

    Service = Callable[..., Acknowledgment]

WHOSE = "appointment__client"


@access.treatment
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """For the client to read on the therapist's device. No way elsewhere but one for staff."""
    visit = _of_staff(request, visit_id)
    done = reverse("treatment:confirmed", args=[visit.pk])
    if not sessions.figures(visit):
        return redirect("treatment:record", visit.pk)
    page = {"template": "treatment/confirming/device.html", "done": done}
    return _ask(request, visit, services.on_device, **page)


@access.treatment
@require_safe
def confirmed(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Thanks, and please hand it back."""
    visit = _of_staff(request, visit_id)
    return render(request, "treatment/confirming/thanks.html", {"visit": visit})


@require_http_methods(["GET", "HEAD", "POST"])
def portal(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """From the client's own login, for two weeks."""
    visit = access.own(request, from_portal(), visit_id, client_field=WHOSE)
    audit.viewed(request, visit, client=visit.appointment.client, again=view_log.PAGE)
    done = reverse("treatment:confirm-visit", args=[visit.pk])
    page = {"template": "treatment/confirming/portal.html", "done": done}
    return _ask(request, visit, services.by_client, **page)


def _of_staff(request: HttpRequest, pk: UUID) -> Visit:
    """One of a client whom this login treats; nobody holds the device for themselves."""
    found = access.visible(request, selectors.visits(), pk, client_field=WHOSE)
    client = found.appointment.client
    if client is not None and access.may_act_for(request.user, client):
        raise Http404
    audit.viewed(request, found, client=client, again=view_log.PAGE)
    return found


def _ask(
    request: HttpRequest, visit: Visit, service: Service, *, template: str, done: str
) -> HttpResponse:
    figures = sessions.figures(visit)
    posted = request.POST if request.method == "POST" else None
    form = WordForm(posted, seen=shown.hash_of(figures))

    def save(data: dict[str, Any]) -> str:
        actor, token = access.user_of(request), data["form_token"]
        service(actor=actor, visit=visit, said=form.said(), form_token=token)
        return done

    page = {
        "visit": visit,
        "shown": shown.of(figures),
        "payer": who_asks(visit),
        "word": word_of(visit),
    }
    return form_page(request, form, template, save, context=page)
