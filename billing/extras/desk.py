"""What the clinic sells, and its rate of sales tax: for managers. Check-out: `billing.desk`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing.extras import services
from billing.extras.forms import ProductForm, TaxForm
from billing.models import Product
from billing.selectors import percent
from clinic import access
from clinic import selectors as clinic
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Location


@access.manager
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    context = {
        "products": Product.objects.order_by("-is_active", "position", "name"),
        "rate": percent(services.goods_rate(clinic.location())),
        "manages": True,
    }
    return render(request, "billing/extras/list.html", context)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def product(request: HttpRequest, product_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Product, pk=product_id) if product_id else Product()
    form = ProductForm(request.POST or None, instance=row)
    heading = row.name if product_id else _("New article")
    page = {"heading": heading, "manages": True}
    edits = row if product_id else None
    keep = partial(_save, request, row)
    return form_page(
        request, form, "billing/extras/product.html", keep, context=page, edits=edits, field="name"
    )


def _save(request: HttpRequest, row: Product, data: dict[str, Any]) -> str:
    services.save(actor=access.user_of(request), product=row, **data)
    flash.success(request, _("%(name)s is saved.") % {"name": row.name})
    return "billing:products"


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def tax(request: HttpRequest) -> HttpResponse:
    place = clinic.location()
    form = TaxForm(request.POST or None, initial={"rate": services.goods_rate(place)})
    page = {"heading": _("Sales tax"), "manages": True}
    keep = partial(_set, request, place)
    return form_page(request, form, "billing/extras/product.html", keep, context=page)


def _set(request: HttpRequest, place: Location, data: dict[str, Any]) -> str:
    services.set_goods_rate(actor=access.user_of(request), location=place, rate=data["rate"])
    flash.success(request, _("Goods are taxed at %(rate)s%%.") % {"rate": percent(data["rate"])})
    return "billing:products"
