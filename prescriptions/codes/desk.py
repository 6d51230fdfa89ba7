"""The releases of ICD-10-CM: what is loaded, and a form that sends the next. For managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.selectors import clinic_today
from clinic.web.form_page import form_page
from prescriptions.codes import selectors, services
from prescriptions.codes.forms import ReleaseForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE, LIST = "prescriptions/codes/releases.html", "prescriptions/codes/_releases.html"


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def releases(request: HttpRequest) -> HttpResponse:
    """The page, or only its list, which polls while something is being loaded."""
    if "HX-Request" in request.headers:
        return render(request, LIST, _shown())
    typed = (request.POST, request.FILES) if request.method == "POST" else ()
    form = ReleaseForm(*typed, today=clinic_today(), newest=selectors.in_force_on())

    def save(_data: dict[str, Any]) -> str:
        sent = services.receive(actor=access.user_of(request), **form.sent())
        flash.success(request, _said(is_loaded=sent.loaded_at is not None))
        return "prescriptions:code-releases"

    return form_page(request, form, PAGE, save, context=_shown, field="file")


def _said(*, is_loaded: bool) -> str:
    if is_loaded:
        return _("These codes are loaded already. Nothing has changed.")
    return _("Thank you. The codes are loaded in the background: you can leave this page.")


def _shown() -> dict[str, Any]:
    found, now = list(selectors.releases()), timezone.now()
    return {
        "releases": found,
        "now": now,
        "in_use": next((one for one in found if one.loaded_at), None),
        "is_loading": any(not one.is_finished and one.work_due_at <= now for one in found),
        "outdated": selectors.outdated_since(clinic_today()),
        "manages": True,
    }
