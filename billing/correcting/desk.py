"""Pages that put a payment right, and the documents that a correction leaves behind."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from billing import selectors
from billing.correcting import goals, refunds
from billing.correcting import services as correcting
from billing.correcting.forms import (
    MethodForm,
    MoveForm,
    ReferenceForm,
    RefundForm,
    VoidPaymentForm,
)
from billing.drawers import here
from billing.issuing import services as issuing
from billing.mending import places
from billing.models import Kind
from booking.links import on_board
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import act, form_page, version_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django import forms
    from django.http import HttpRequest, HttpResponse

    from billing.issuing.services import Outdated
    from billing.models import BillingDocument, Drawer, Payment
    from booking.models import Appointment
    from treatment.models import Visit

WAYS = ["GET", "HEAD", "POST"]


@access.money
@require_http_methods(WAYS)
def method(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    drawers = here.drawers(request, _appointment_of(payment).location)
    form = MethodForm(
        request.POST or None, payment=payment, receipt=_receipt(payment), drawers=drawers
    )

    def save(form_of: correcting.Form, typed: dict[str, Any]) -> Payment:
        return correcting.change_method(
            actor=access.user_of(request), payment=payment, form=form_of, **typed
        )

    return _page(request, payment, form, "method", save, _("The payment is corrected."))


@access.money
@require_http_methods(WAYS)
def reference(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    form = ReferenceForm(request.POST or None, receipt=_receipt(payment))

    def save(form_of: correcting.Form, typed: dict[str, Any]) -> Payment:
        return correcting.change_reference(
            actor=access.user_of(request), payment=payment, form=form_of, **typed
        )

    return _page(request, payment, form, "reference", save, _("The number is corrected."))


@access.money
@require_http_methods(WAYS)
def void(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    form = VoidPaymentForm(request.POST or None, receipt=_receipt(payment))

    def save(form_of: correcting.Form, typed: dict[str, Any]) -> Payment:
        return correcting.void(
            actor=access.user_of(request), payment=payment, form=form_of, **typed
        )

    return _page(request, payment, form, "void", save, _("The payment is void."))


@access.money
@require_http_methods(WAYS)
def refund(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    payment = _payment(request, payment_id)
    ask = refunds.beyond_credit(payment, payment.kept_cents) > 0
    given = {"receipt": _receipt(payment), "drawers": _drawers(request, payment)}
    form = RefundForm(request.POST or None, payment=payment, ask=ask, **given)

    def save(form_of: correcting.Form, typed: dict[str, Any]) -> Payment:
        typed["amount_cents"] = typed.pop("amount")
        who = access.user_of(request)
        return refunds.refund(actor=who, payment=payment, form=form_of, **typed).payment

    return _page(request, payment, form, "refund", save, _("The refund is recorded."))


@access.money
@require_http_methods(WAYS)
def move(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """To another visit or fee: of the same client, or of one who is looked for."""
    payment = _payment(request, payment_id)
    words = request.POST.get("q", "")  # names do not belong in addresses
    found = goals.of(payment, words)
    typed = None if "find" in request.POST else request.POST or None
    form = MoveForm(typed, goals=goals.choices(found), receipt=_receipt(payment))
    more = {"goals": found, "q": words}
    save = partial(_move, request, payment)
    return _page(request, payment, form, "move", save, _("The payment is moved."), more)


def _move(
    request: HttpRequest, payment: Payment, form_of: correcting.Form, typed: dict[str, Any]
) -> Payment:
    to = goals.read(typed.pop("to"))
    who = access.user_of(request)
    return correcting.move(actor=who, payment=payment, form=form_of, to=to, **typed)


def _page(
    request: HttpRequest,
    payment: Payment,
    form: forms.Form,
    name: str,
    save: Any,
    said: str,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """The page of a correction. Afterward: the documents that it left behind, if any."""

    def correct(typed: dict[str, Any]) -> str:
        form_of = correcting.Form(typed.pop("form_token"), request.POST.get("version", ""))
        reissue = typed.pop("reissue", False)
        done = save(form_of, typed)
        flash.success(request, said)
        return _afterward(
            request, _appointment_of(payment), [payment.visit, done.visit], reissue=reissue
        )

    def page() -> dict[str, Any]:
        now = _payment(request, payment.pk)
        audit.viewed(request, now)
        home = home_of(request, _appointment_of(now))
        return {"payment": now, "version": version_of(now), "back_url": home, **(more or {})}

    template = f"billing/correcting/{name}.html"
    return form_page(request, form, template, correct, context=page)


def _afterward(
    request: HttpRequest, appointment: Appointment, visits: list[Visit | None], *, reissue: bool
) -> str:
    """Issue again what is out of date, if so asked; else, or if that is refused, offer it."""
    touched = {one.pk: one for one in visits if one is not None}
    left = [one for one in touched.values() if issuing.outdated(one)]
    if reissue:
        left = [one for one in left if not _reissue(request, one)]
    if left:
        return reverse("billing:visit-documents", args=[left[0].pk])
    return home_of(request, appointment)


def _reissue(request: HttpRequest, visit: Visit) -> bool:
    def make() -> str:
        made = issuing.bring_up_to_date(actor=access.user_of(request), visit=visit)
        return " ".join(_became(one) for one in made) or _("Everything is up to date.")

    return act(request, make)


def _became(made: BillingDocument) -> str:
    old = made.replaces
    if old is None:
        return _("%(old)s is void.") % {"old": made.title}
    words = _("%(old)s is void, %(new)s replaces it.")
    return words % {"old": old.title, "new": made.number}


def home_of(request: HttpRequest, appointment: Appointment) -> str:
    """Where to view a visit: its day's board, or for billers its own page."""
    if access.in_care_team(request.user):
        return on_board(appointment)
    return reverse("billing:panel", args=[appointment.pk])


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def documents(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """What was issued for a visit and does not say any more what is so; else back to the visit."""
    visit = _visit(request, visit_id)
    if request.method == "POST":
        _reissue(request, visit)
    outdated = issuing.outdated(visit)
    if request.method == "POST" or not outdated:
        return redirect(request.path if outdated else home_of(request, visit.appointment))
    audit.viewed(request, visit.appointment, action="payment.viewed")
    return render(request, "billing/correcting/documents.html", _left(request, visit, outdated))


def _left(request: HttpRequest, visit: Visit, outdated: Sequence[Outdated]) -> dict[str, Any]:
    return {
        "visit": visit,
        "outdated": outdated,
        "bill": selectors.bill(visit),
        "lacking": places.places(access.user_of(request), visit),
        "back_url": home_of(request, visit.appointment),
    }


def _visit(request: HttpRequest, pk: UUID) -> Visit:
    return access.visible(request, selectors.visits(), pk, client_field="appointment__client")


def _payment(request: HttpRequest, pk: UUID) -> Payment:
    return access.visible(request, selectors.payments(), pk)


def _appointment_of(payment: Payment) -> Appointment:
    """The appointment it was for, directly or through its visit."""
    if payment.visit is not None:
        return payment.visit.appointment
    if payment.appointment is None:  # the constraint `payment_for_a_visit_or_a_fee` rules it out
        raise Http404
    return payment.appointment


def _drawers(request: HttpRequest, payment: Payment) -> list[Drawer]:
    """Cash goes back out of the drawer that it is in, if that is in use."""
    found = here.drawers(request, _appointment_of(payment).location)
    return sorted(found, key=lambda one: one.pk != payment.drawer_id)


def _receipt(payment: Payment) -> str:
    """The number of the receipt that shows this payment."""
    valid = issuing.valid(Kind.RECEIPT, payment.visit) if payment.visit is not None else None
    return valid.number if valid is not None else ""
