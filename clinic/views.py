from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access, audit, looks, people, selectors
from clinic.models import Role

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

HOMES = {
    Role.CLIENT: "portal",
    Role.FRONT_DESK: "booking:day",
    Role.THERAPIST: "treatment:today",
    Role.BILLER: "billing:desk",
    Role.MANAGER: "booking:day",
}
NOON, EVENING = 12, 17


@access.public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "public/home.html", {"services": selectors.price_list()})


@access.public
@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    return render(request, "public/prices.html", {"services": selectors.price_list()})


@access.public
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """Some programs ask for the icon here, whatever the page's link says."""
    return redirect(static("img/favicon.svg"), permanent=True)


@access.public
@require_safe
def medical_massage(request: HttpRequest) -> HttpResponse:
    return render(request, "public/medical_massage.html")


@access.public
@require_safe
def insurance(request: HttpRequest) -> HttpResponse:
    return render(request, "public/insurance.html")


@require_safe
def after_login(request: HttpRequest) -> HttpResponse:
    """Everybody lands where their work is."""
    return redirect(HOMES[Role(access.user_of(request).role)])


@require_safe
def portal(request: HttpRequest) -> HttpResponse:
    clients = list(access.clients_for(request.user))
    if not clients and access.user_of(request).is_clinic_staff:
        return redirect("after-login")
    client = access.acting_client(request) if clients else None
    if client is not None:  # and with it what the parts of this page show
        audit.viewed(request, client, again=looks.PAGE)
    context = {
        "client": client,
        "clients": clients,
        "unconfirmed": list(people.unconfirmed(access.user_of(request))),
        "greeting": greeting(timezone.localtime().hour),
    }
    return render(request, "portal/home.html", context)


@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Choose whose portal this login looks at."""
    client = access.own(
        request, access.clients_for(request.user), request.POST.get("client", ""), "pk"
    )
    request.session[access.ACTING] = str(client.pk)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if safe else "portal")


@require_POST
def confirm_person(request: HttpRequest, guardian_id: UUID) -> HttpResponse:
    """Whether a person who was booked for with one's address belongs to one."""
    user = access.user_of(request)
    guardian = get_object_or_404(people.unconfirmed(user), pk=guardian_id)
    people.confirm(actor=user, guardian=guardian, is_mine=request.POST.get("answer") == "yes")
    return redirect("portal")


def greeting(hour: int) -> str:
    if hour < NOON:
        return _("Good morning")
    return _("Good afternoon") if hour < EVENING else _("Good evening")
