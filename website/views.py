"""The clinic's public face: open to everyone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from clinic import access
from clinic.prices.selectors import price_list
from website.selectors import cancellation_terms

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@access.public
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    context = {"services": price_list(), "terms": cancellation_terms()}
    return render(request, "website/home.html", context)


@access.public
@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    context = {"services": price_list(), "terms": cancellation_terms()}
    return render(request, "website/prices.html", context)


@access.public
@require_safe
def medical_massage(request: HttpRequest) -> HttpResponse:
    return render(request, "website/medical_massage.html")


@access.public
@require_safe
def insurance(request: HttpRequest) -> HttpResponse:
    return render(request, "website/insurance.html")
