"""The public check: is this document one of ours, is it valid still, is this file unchanged?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from billing import selectors
from billing.checking.comparing import compare
from billing.checking.fingerprints import Fingerprinting
from billing.checking.forms import VerifyForm
from clinic import access
from clinic.web import throttle

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

TRIES = 20  # verification code guesses per network in ten minutes
VERIFY = "billing/checking/verify.html"


@access.public
@csrf_exempt  # checked in `_verify`: the body must not be read before the handler is set
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Whether a document is genuine and still valid. Reveals nothing about any person.

    Neither the code nor the file stays: no address, history, log, or disk keeps them.
    """
    request.upload_handlers = [Fingerprinting(request)]
    return _verify(request)


@csrf_protect
def _verify(request: HttpRequest) -> HttpResponse:
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = VerifyForm(*typed)
    if not form.is_valid():
        return render(request, VERIFY, {"form": form, "document": None, "answered": False})
    if throttle.network_over_limit("verify", TRIES):
        return render(request, "429.html", status=429)
    found = selectors.document_by_code(form.cleaned_data["number"], form.cleaned_data["code"])
    match = compare(found, form.fingerprint()) if found else None
    context = {"form": form, "document": found, "match": match, "answered": True}
    return render(request, VERIFY, context, status=200 if found else 404)
