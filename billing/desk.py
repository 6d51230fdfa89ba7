"""Billing pages for the front desk: payments, receipts, the day's totals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing import fees, selectors
from billing.checkout.steps import steps_of
from billing.correcting.desk import home_of
from billing.correcting.forms import MethodForm
from billing.coupons.forms import GiveForm
from billing.drawers import here
from billing.extras import services as extra_services
from billing.extras.forms import GoodsForm, TipForm
from billing.forms import FeeForm, PaymentForm, VoidForm, WaiveForm
from billing.issuing import packets, superbills
from billing.issuing import services as issuing
from billing.mending import places
from billing.models import Coupon, Kind, Product, VisitExtra
from billing.owed import settling
from billing.selectors import client_of
from booking import selectors as booking
from booking.visits import late_fees
from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.people import owed
from clinic.people.owed import VISIT
from clinic.prices import coupons
from clinic.web.days import shown_day
from clinic.web.form_page import act, form_page, version_of
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse, QueryDict

    from billing.models import BillingDocument, Drawer, Payment
    from booking.models import Appointment

PANEL, PAGE = 5, 25  # receipts
PAYMENT = "billing/payment.html"
TIP_IDS, GOODS_IDS = "id_tip_%s", "id_goods_%s"  # beside the payment's own fields


@access.staff
@require_safe
def panel(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Payment and receipt of an appointment: a panel on the day board (htmx) or a page."""
    appointment = access.visible(request, booking.appointments(), appointment_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, appointment, action="payment.viewed", part=part)
    page = "billing/_panel.html" if part else PAYMENT
    return render(request, page, _about_appointment(request, appointment))


@access.money
@require_POST
def pay(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Take a payment for a visit, and for what else its client owes; then its receipt, if asked."""
    visit = _visit(request, visit_id)
    if settling.is_taken(request.POST.get("form_token", "")):  # Back, and sent again
        return redirect(home_of(request, visit.appointment))
    drawers = here.drawers(request, visit.appointment.location)
    form = _payment_form(visit, drawers, request.POST)

    def page() -> dict[str, Any]:
        return {**_about_appointment(request, visit.appointment), "form": form}

    save = partial(_take, request, visit)
    return form_page(request, form, PAYMENT, save, context=page, field="amount")


def _payment_form(
    visit: Visit, drawers: Sequence[Drawer], typed: QueryDict | None = None
) -> PaymentForm:
    dues = settling.in_order(owed.of(client_of(visit).pk).dues, visit.appointment_id)
    choices = [(settling.key_of(due), settling.label_of(due, visit)) for due in dues]
    due = sum(due.cents for due in dues if due.appointment_id == visit.appointment_id)
    return PaymentForm(typed, dues=choices, balance_cents=due, drawers=drawers)


def _take(request: HttpRequest, visit: Visit, typed: dict[str, Any]) -> str:
    made = settling.settle(
        actor=access.user_of(request),
        client=client_of(visit),
        keys=typed.pop("dues", [f"{VISIT}:{visit.appointment_id}"]),
        amount_cents=typed.pop("amount"),
        **typed,
    )
    here.remember(request, typed.get("drawer"))
    flash.success(request, _("Payment taken."))
    if request.POST.get("then") == "receipt":
        for payment in made:
            if payment.visit is not None:
                act(request, partial(_issue, request, payment.visit))
    return home_of(request, visit.appointment)


def _issue(request: HttpRequest, visit: Visit, kind: str = Kind.RECEIPT) -> str:
    made = issuing.issue_current(actor=access.user_of(request), visit=visit, kind=kind)
    return _("%(title)s issued.") % {"title": made.title}


@access.money
@require_POST
def pay_fee(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """The late cancellation or no-show fee."""
    appointment = access.visible(request, booking.appointments(), appointment_id)
    form = FeeForm(request.POST, drawers=here.drawers(request, appointment.location))

    def save(data: dict[str, Any]) -> str:
        fees.take(actor=access.user_of(request), appointment=appointment, **data)
        here.remember(request, data.get("drawer"))
        flash.success(request, _("Payment taken."))
        return home_of(request, appointment)

    def page() -> dict[str, Any]:
        return {**_about_appointment(request, appointment), "fee_form": form}

    return form_page(request, form, PAYMENT, save, context=page)


@access.money
@require_POST
def tip(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """A tip beside the treatment."""
    visit, form = _visit(request, visit_id), TipForm(request.POST, auto_id=TIP_IDS)

    def save(data: dict[str, Any]) -> str:
        how = {"cents": data["tip"], "form_token": data["form_token"]}
        extra_services.add_tip(actor=access.user_of(request), visit=visit, **how)
        return home_of(request, visit.appointment)

    page = partial(_with_forms, request, visit, tip_form=form)
    return form_page(request, form, PAYMENT, save, context=page, field="tip")


@access.money
@require_POST
def goods(request: HttpRequest, visit_id: UUID) -> HttpResponse:
    """Goods that are sold along with a visit."""
    visit = _visit(request, visit_id)
    form = GoodsForm(request.POST, products=_products(), auto_id=GOODS_IDS)

    def save(_data: dict[str, Any]) -> str:
        extra_services.add_goods(actor=access.user_of(request), visit=visit, **form.goods())
        return home_of(request, visit.appointment)

    page = partial(_with_forms, request, visit, goods_form=form)
    return form_page(request, form, PAYMENT, save, context=page, field="product")


@access.money
@require_POST
def remove_extra(request: HttpRequest, extra_id: UUID) -> HttpResponse:
    rows = VisitExtra.objects.select_related("visit__appointment__location")
    extra = access.visible(request, rows, extra_id, client_field="visit__appointment__client")
    work = partial(extra_services.remove, actor=access.user_of(request), extra=extra)
    act(request, work, _("%(what)s is off the bill.") % {"what": extra.words})
    return redirect(home_of(request, extra.visit.appointment))


def _products() -> list[Product]:
    return list(Product.objects.filter(is_active=True))


def _with_forms(request: HttpRequest, visit: Visit, **forms: Any) -> dict[str, Any]:
    return {**_about_appointment(request, visit.appointment), **forms}


@access.money
@require_POST
def waive_fee(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    appointment = access.visible(request, booking.appointments(), appointment_id)
    form = WaiveForm(request.POST)

    def save(data: dict[str, Any]) -> str:
        user = access.user_of(request)
        late_fees.waive(actor=user, appointment=appointment, reason=data["reason"])
        flash.success(request, _("Fee waived."))
        return home_of(request, appointment)

    def page() -> dict[str, Any]:
        return {**_about_appointment(request, appointment), "waive_form": form}

    return form_page(request, form, PAYMENT, save, context=page)


def _about_appointment(request: HttpRequest, appointment: Appointment) -> dict[str, Any]:
    visit = selectors.visits().filter(appointment=appointment).first()
    drawers = here.drawers(request, appointment.location)
    about = {
        **_about(request, visit, drawers),
        **_fee(appointment, drawers),
        **_coupon(appointment),
        "appointment": appointment,
    }
    if appointment.client is not None:
        dues = owed.of(appointment.client.pk).dues
        about["others"] = [due for due in dues if due.appointment_id != appointment.pk]
    shown = about["receipt"].number if about.get("receipt") else ""
    about["history"] = [
        Entry(payment, _method_form(payment, shown, drawers), version_of(payment))
        for payment in selectors.history(appointment)
    ]
    return about


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment in the list of a visit, with the form that corrects its method."""

    payment: Payment
    form: MethodForm
    version: str


def _method_form(payment: Payment, receipt: str, drawers: Sequence[Drawer]) -> MethodForm:
    ids = f"id_{payment.pk}_%s"
    return MethodForm(payment=payment, receipt=receipt, drawers=drawers, auto_id=ids)


def _coupon(appointment: Appointment) -> dict[str, Any]:
    """What was taken off, or else the form that takes something off."""
    if not appointment.price_cents:
        return {}
    if given := coupons.of_one(appointment.pk):
        return {"coupon": given}
    in_use = list(Coupon.objects.filter(is_active=True))
    return {"give_form": GiveForm(coupons=in_use)} if in_use else {}


def _fee(appointment: Appointment, drawers: Sequence[Drawer]) -> dict[str, Any]:
    """The forms for an open fee."""
    if not appointment.open_fee_cents:
        return {}
    return {"fee_form": FeeForm(drawers=drawers), "waive_form": WaiveForm()}


@access.money
@require_POST
def issue(request: HttpRequest, visit_id: UUID, kind: str) -> HttpResponse:
    visits = Visit.objects.select_related("appointment__location")  # read whole once it is locked
    visit = access.visible(request, visits, visit_id, client_field="appointment__client")
    act(request, partial(_issue, request, visit, kind))
    return redirect(home_of(request, visit.appointment))


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def receipt(request: HttpRequest, receipt_id: UUID) -> HttpResponse:
    """One receipt, and the way to void it."""
    found = access.visible(request, selectors.documents(), receipt_id)
    form = VoidForm(request.POST or None)

    def void(data: dict[str, Any]) -> HttpResponse:
        made = issuing.void(actor=access.user_of(request), document=found, **data)
        flash.success(request, _voided(found, made))
        return redirect("billing:desk-receipt", (made or found).pk)

    page = partial(_document_page, request, found)
    return form_page(request, form, "billing/desk_receipt.html", void, context=page)


def _document_page(request: HttpRequest, found: BillingDocument) -> dict[str, Any]:
    audit.viewed(request, found, action=f"{found.kind}.viewed")
    if found.visit is None:
        progress = packets.progress(found)
        return {"document": found, "board_url": reverse("billing:desk"), "progress": progress}
    visit = selectors.visits().get(pk=found.visit.pk)
    lacking = places.places(access.user_of(request), visit, found.kind)
    board_url = home_of(request, visit.appointment)
    return {"document": found, "board_url": board_url, "lacking": lacking}


def _voided(old: BillingDocument, made: BillingDocument | None) -> str:
    words = _("%(old)s is void. This one replaces it.")
    if made is None:
        words = _("%(old)s is void.")
    return words % {"old": old.title}


@access.staff
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's receipts: a panel on the client's record (htmx) or a page."""
    client = access.client(access.user_of(request), client_id)
    part = bool(getattr(request, "htmx", False))
    audit.viewed(request, client, action="receipts.viewed", part=part)
    found = Paginator(selectors.documents_of(client), PANEL if part else PAGE)
    page = found.get_page(request.GET.get("page"))
    context = {"client": client, "documents": page, "page": page, "part": part}
    context["owed_cents"] = owed.of(client.pk).cents
    context["may_bill"] = access.handles_money(request.user)
    template = "billing/_client_panel.html" if part else "billing/client_receipts.html"
    return render(request, template, context)


@access.money
@require_safe
def money(request: HttpRequest) -> HttpResponse:
    """The day's payments, its receipts, and visits without a receipt."""
    days = shown_day(request)
    context = {**days, "takings": selectors.takings(days["day"])}
    return render(request, "billing/money.html", context)


def _about(request: HttpRequest, visit: Visit | None, drawers: Sequence[Drawer]) -> dict[str, Any]:
    finished = visit is not None and visit.status == Visit.Status.FINISHED
    context: dict[str, Any] = {
        "visit": visit,
        "finished": finished,
        "may_bill": access.handles_money(request.user),
        "bill": None,
        "problem": "",
    }
    if visit is None or not finished:
        return context
    try:
        bill = context["bill"] = selectors.bill(visit)
        context["steps"] = steps_of(visit, bill)
        context["form"] = _payment_form(visit, drawers) if bill.balance_cents else None
        context |= _extras(visit) if bill.lines and context["may_bill"] else {}
    except DomainError as refusal:
        context["problem"] = str(refusal.message)
    context |= issuing.all_valid(visit)
    if context["may_bill"]:
        context["lacking"] = places.places(access.user_of(request), visit)
    if context["may_bill"] and visit.appointment.option.service.needs_prescription:
        context["is_prescribed"] = True
        context |= _about_superbill(request, visit) if "superbill" not in context else {}
    context["outdated"] = issuing.outdated(visit)
    return context


def _extras(visit: Visit) -> dict[str, Any]:
    """Tips and goods on the bill, and the forms that add one."""
    on_bill = [one for one in visit.extras.all() if one.removed_at is None]
    return {
        "extras": on_bill,
        "tip_form": TipForm(auto_id=TIP_IDS),
        "goods_form": GoodsForm(products=_products(), auto_id=GOODS_IDS),
    }


def _about_superbill(request: HttpRequest, visit: Visit) -> dict[str, Any]:
    """What stands in its way, and what the payer will miss on it."""
    return {
        "superbill_lacks": places.places(access.user_of(request), visit, Kind.SUPERBILL),
        "missing_modifiers": superbills.missing_modifiers(visit),
    }


def _visit(request: HttpRequest, pk: UUID) -> Visit:
    return access.visible(request, selectors.visits(), pk, client_field="appointment__client")
