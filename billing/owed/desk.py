"""The list of what is owed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from billing.owed import aging
from clinic import access
from clinic.audit import services as audit

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE = 25


@access.money
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    """Who owes what, for what, and since when."""
    everyone = aging.read(timezone.localdate())
    age = request.GET.get("age", "")
    page = Paginator(aging.of_age(everyone, age), PAGE).get_page(request.GET.get("page"))
    rows = aging.rows(list(page))
    audit.listed(request, "payments.listed", [row.client for row in rows])
    sums = aging.totals(everyone)
    ages = list(zip(aging.AGES.items(), sums, strict=True))
    context = {"page": page, "rows": rows, "ages": ages, "age": age, "total_cents": sum(sums)}
    return render(request, "billing/owed/list.html", context)
