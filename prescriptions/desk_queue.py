"""The queue: what waits, who has what open, what runs out, and the rule of the second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit
from clinic.errors import InvalidTransition
from clinic.models import Role
from clinic.selectors import location
from prescriptions import second, selectors, services
from prescriptions.forms import PolicyForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

SHOWN = 25  # of the lists beside the queue


@access.desk
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its table, which asks again for who has what open."""
    context = _table(request)
    shown = [line.prescription.client for line in context["lines"]]
    if "HX-Request" in request.headers:
        audit.listed(request, "prescriptions.listed", shown)
        return render(request, "prescriptions/_queue.html", context)
    today = selectors.clinic_today()
    context["waiting"] = selectors.lines(selectors.waiting_for_client()[:SHOWN], today)
    context["renewals"] = selectors.cards_of(selectors.renewals_due(today)[:SHOWN], today)
    shown += [line.prescription.client for line in context["waiting"]]
    shown += [card.prescription.client for card in context["renewals"]]
    audit.listed(request, "prescriptions.listed", shown)
    return render(request, "prescriptions/queue.html", context)


def _table(request: HttpRequest) -> dict[str, Any]:
    order = request.GET.get("order", "")
    order = order if order == selectors.OLDEST else selectors.SOONEST
    page = selectors.queue_page(order, request.GET.get("page"))
    lines = selectors.lines(page, selectors.clinic_today())
    return {"order": order, "page": page, "lines": lines}


@access.staff
@require_safe
def queue_count(request: HttpRequest) -> HttpResponse:
    """The number for the navigation."""
    return render(request, "prescriptions/_count.html", {"count": selectors.queue_count()})


@access.desk
@require_POST
def put_back(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Leave it undecided, for anybody: back to the queue, or on to the one that follows."""
    user = access.user_of(request)
    prescription = access.own(request, selectors.detailed(), prescription_id)
    services.unclaim(actor=user, prescription=prescription)
    following = None
    if "next" in request.POST:
        following = selectors.next_to_review(user, prescription, skip=True)
    if following is None:
        return redirect("prescriptions:queue")
    return redirect("prescriptions:review", following.pk)


@access.desk
@require_POST
def take_over(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """A colleague left it open: review it anyway."""
    prescription = access.own(request, selectors.detailed(), prescription_id)
    services.claim(actor=access.user_of(request), prescription=prescription, take_over=True)
    return redirect("prescriptions:review", prescription.pk)


@access.desk
@require_POST
def reopen(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The missing piece came by telephone or fax."""
    prescription = access.own(request, selectors.detailed(), prescription_id)
    try:
        services.reopen(actor=access.user_of(request), prescription=prescription)
    except InvalidTransition as error:
        flash.warning(request, str(error))
    return redirect("prescriptions:review", prescription.pk)


@access.roles(Role.MANAGER)
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Whether a second person must agree for claims, and what that means today."""
    here = location()
    kept = second.policy_of(here)
    initial = {"needed": kept.second_person_for_claims, "request_days": kept.request_days}
    form = PolicyForm(initial=initial)
    if request.method == "POST" and (form := PolicyForm(request.POST)).is_valid():
        second.decide(actor=access.user_of(request), place=here, **form.cleaned_data)
        flash.success(request, _("The rules are saved."))
        return redirect("prescriptions:queue")
    context = {"form": form, "effect": second.effect()}
    status = 422 if form.is_bound else 200
    return render(request, "prescriptions/policy.html", context, status=status)
