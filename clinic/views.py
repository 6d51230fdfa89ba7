from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.people import services as people

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

NOON, EVENING = 12, 17


@access.public
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Some programs request the icon here, whatever the page's link says."""
    return redirect(static("img/favicon.svg"), permanent=True)


@require_safe
def after_login(request: HttpRequest) -> HttpResponse:
    """Sends each user to where their work is."""
    return redirect(access.home_of(access.user_of(request)))


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    clients = list(access.clients_for(request.user))
    if not clients and access.works_here(request.user):
        return redirect("after-login")
    client = access.acting_client(request) if clients else None
    if client is not None:  # which also covers the parts of this page
        audit.viewed(request, client, again=view_log.PAGE)
    context = {
        "client": client,
        "clients": clients,
        "unconfirmed": list(people.unconfirmed(access.user_of(request))),
        "greeting": greeting(timezone.localtime().hour),
    }
    return render(request, "clinic/portal/home.html", context)


@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Choose whose portal this login views."""
    client = access.visible(
        request, access.clients_for(request.user), request.POST.get("client", ""), "pk"
    )
    request.session[access.ACTING] = str(client.pk)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if safe else "portal")


@require_POST
def confirm_person(request: HttpRequest, guardian_id: UUID) -> HttpResponse:
    """Whether a person booked with this user's address belongs to them."""
    user = access.user_of(request)
    guardian = get_object_or_404(people.unconfirmed(user), pk=guardian_id)
    people.confirm(actor=user, guardian=guardian, is_mine=request.POST.get("answer") == "yes")
    return redirect("portal")


def greeting(hour: int) -> str:
    if hour < NOON:
        return _("Good morning")
    return _("Good afternoon") if hour < EVENING else _("Good evening")
