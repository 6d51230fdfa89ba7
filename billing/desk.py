"""What the front desk does with money: payment, receipt, the day's takings."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import fees, selectors, services
from billing.forms import FeeForm, PaymentForm, VoidForm, WaiveForm
from booking import owing
from booking import selectors as booking
from booking.links import on_board
from clinic import access, audit
from clinic.dates import day_or_none
from clinic.errors import DomainError
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from booking.models import Appointment

PANEL = 5


@access.anyone_here
@require_safe
def panel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Payment and receipt of an appointment: beside the day board by htmx, else a page."""
    appointment = access.own(request, booking.appointments(), appointment_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, appointment, action="payment.viewed", part=part)
    visit = selectors.visits().filter(appointment=appointment).first()
    context = {**_about(request, visit), **_fee(appointment), "appointment": appointment}
    return render(request, "billing/_panel.html" if part else "billing/payment.html", context)


@access.money
@require_POST
def pay(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    visit = _visit(request, visit_id)
    form = PaymentForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            services.take_payment(
                actor=access.user_of(request),
                visit=visit,
                method=data["method"],
                amount_cents=data["amount"],
                reference=data["reference"],
                form_token=data["form_token"],
            )
        except DomainError as refusal:
            form.add_error("amount", str(refusal.message))
        else:
            flash.success(request, _("Payment taken."))
            return redirect(_home_of(request, visit.appointment))
    context = {**_about(request, visit), "appointment": visit.appointment, "form": form}
    return render(request, "billing/payment.html", context, status=422)


@access.money
@require_POST
def pay_fee(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The fee for cancelling late, or for not coming."""
    appointment = access.own(request, booking.appointments(), appointment_id)
    form = FeeForm(request.POST)
    if form.is_valid():
        try:
            fees.take(actor=access.user_of(request), appointment=appointment, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            flash.success(request, _("Payment taken."))
            return redirect(_home_of(request, appointment))
    return _fee_again(request, appointment, fee_form=form)


@access.money
@require_POST
def waive_fee(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = access.own(request, booking.appointments(), appointment_id)
    form = WaiveForm(request.POST)
    if form.is_valid():
        try:
            owing.waive(
                actor=access.user_of(request),
                appointment=appointment,
                reason=form.cleaned_data["reason"],
            )
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            flash.success(request, _("The fee is waived."))
            return redirect(_home_of(request, appointment))
    return _fee_again(request, appointment, waive_form=form)


def _fee_again(request: HttpRequest, appointment: Appointment, **forms: Any) -> HttpResponse:
    visit = selectors.visits().filter(appointment=appointment).first()
    appointment = access.own(request, booking.appointments(), appointment.pk)
    context = {**_about(request, visit), **_fee(appointment), "appointment": appointment, **forms}
    return render(request, "billing/payment.html", context, status=422)


def _fee(appointment: Appointment) -> dict[str, Any]:
    """The forms for a fee that is open, and the payment of one that is paid."""
    if not appointment.fee_cents:
        return {}
    if appointment.open_fee_cents:
        return {"fee_form": FeeForm(), "waive_form": WaiveForm()}
    return {"fee_payment": appointment.fee_payments.first()}


@access.money
@require_POST
def issue(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    visit = _visit(request, visit_id)
    try:
        receipt = services.issue_current(actor=access.user_of(request), visit=visit)
        flash.success(request, _("Receipt %(number)s is issued.") % {"number": receipt.number})
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect(_home_of(request, visit.appointment))


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """One receipt, and the way to void it."""
    found = access.own(request, selectors.receipts(), receipt_id)
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            fresh = services.void_receipt(
                actor=access.user_of(request), receipt=found, **form.cleaned_data
            )
            flash.success(request, _("The receipt is void."))
            return redirect("billing:desk-receipt", (fresh or found).pk)
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
    audit.viewed(request, found)
    status = 422 if form.is_bound else 200
    back = _home_of(request, found.visit.appointment)
    context = {"receipt": found, "form": form, "board_url": back}
    return render(request, "billing/desk_receipt.html", context, status=status)


@access.anyone_here
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's receipts: on the client's record by htmx, else a page."""
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="receipts.viewed", part=part)
    context = {
        "client": client,
        "receipts": list(selectors.receipts_of(client)[: PANEL if part else None]),
        "owed_cents": selectors.owed_by(client),
        "may_bill": access.user_of(request).role in access.MONEY,
    }
    page = "billing/_client_panel.html" if part else "billing/client_receipts.html"
    return render(request, page, context)


@access.money
@require_safe
def money(request: HttpRequest) -> HttpResponse:
    """The day's takings, its receipts, and visits that still have none."""
    today = timezone.localdate()
    day = day_or_none(request.GET.get("day")) or today
    context = {
        "takings": selectors.takings(day),
        "day": day,
        "today": today,
        "previous": day - timedelta(days=1),
        "next": day + timedelta(days=1),
    }
    return render(request, "billing/money.html", context)


def _home_of(request: HttpRequest, appointment: Appointment) -> str:
    """Where a visit is looked at: on the board of its day; by the biller, on its money page."""
    if access.user_of(request).role in access.CARE:
        return on_board(appointment)
    return reverse("billing:panel", args=[appointment.pk])


def _about(request: HttpRequest, visit: Visit | None) -> dict[str, Any]:
    finished = visit is not None and visit.status == Visit.Status.FINISHED
    context: dict[str, Any] = {
        "visit": visit,
        "finished": finished,
        "may_bill": access.user_of(request).role in access.MONEY,
        "bill": None,
        "problem": "",
    }
    if visit is None or not finished:
        return context
    try:
        bill = context["bill"] = selectors.bill(visit)
        context["form"] = PaymentForm(balance_cents=bill.balance_cents)
    except DomainError as refusal:
        context["problem"] = str(refusal.message)
    context["receipt"] = selectors.receipts().filter(visit=visit, status="issued").first()
    return context


def _visit(request: HttpRequest, pk: UUID) -> Visit:
    return access.own(request, selectors.visits(), pk, client_field="appointment__client")
