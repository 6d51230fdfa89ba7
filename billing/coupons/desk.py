"""Coupons: their list and one form for managers, and the button at check-out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.correcting.desk import home_of
from billing.coupons import services
from billing.coupons.forms import CouponForm, GiveForm
from billing.models import Coupon
from booking import selectors as booking
from clinic import access
from clinic import selectors as clinic
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


@access.manager
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    used = Count("uses", filter=Q(uses__released_at=None))
    rows = Coupon.objects.annotate(used=used).prefetch_related("options__service")
    context = {
        "coupons": rows.order_by("-is_active", "code"),
        "today": clinic.clinic_today(),
        "manages": True,
    }
    return render(request, "billing/coupons/list.html", context)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def coupon(request: HttpRequest, coupon_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Coupon, pk=coupon_id) if coupon_id else Coupon()
    form = CouponForm(request.POST or None, instance=row)
    page = {"heading": row.code if coupon_id else _("New coupon"), "manages": True}
    edits = row if coupon_id else None
    keep = partial(_save, request, row)
    return form_page(
        request, form, "billing/coupons/coupon.html", keep, context=page, edits=edits, field="code"
    )


def _save(request: HttpRequest, row: Coupon, data: dict[str, Any]) -> str:
    services.save(actor=access.user_of(request), coupon=row, **data)
    flash.success(request, _("%(code)s is saved.") % {"code": row.code})
    return "billing:coupons"


@access.money
@require_POST
def give(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """Take a coupon off a visit, at check-out or before."""
    appointment = access.visible(request, booking.appointments(), appointment_id)
    form = GiveForm(request.POST, coupons=Coupon.objects.filter(is_active=True))

    def take_off() -> str:
        code = form.cleaned_data["coupon"]
        services.give(actor=access.user_of(request), appointment=appointment, code=code)
        return _("%(code)s is taken off this visit.") % {"code": code}

    if form.is_valid():
        act(request, take_off)
    else:
        flash.error(request, str(form.errors["coupon"][0]))
    return redirect(home_of(request, appointment))


@access.money
@require_POST
def take_back(request: HttpRequest, appointment_id: UUID) -> HttpResponse:
    """It was given by mistake."""
    appointment = access.visible(request, booking.appointments(), appointment_id)
    work = partial(services.take_back, actor=access.user_of(request), appointment=appointment)
    act(request, work, _("The coupon is taken back: the visit costs its list price."))
    return redirect(home_of(request, appointment))
