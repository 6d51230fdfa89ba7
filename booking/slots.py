"""GET /book/slots.json: free times for programs. Mistakes are problem details (RFC 9457)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking import selectors
from booking.availability import moment
from booking.forms import SlotsForm
from clinic import access

if TYPE_CHECKING:
    from django.http import HttpRequest


@access.public
@require_safe
def slots_json(request: HttpRequest) -> JsonResponse:
    form = SlotsForm(request.GET)
    if not form.is_valid():
        return problem(form)
    data = form.cleaned_data
    free = selectors.free_times(
        option=data["option"],
        start=data["from"],
        end=data["to"],
        therapist=data["therapist"],
        location=data["location"],
    )
    slots = [
        {
            "start": moment(opening.start).astimezone(free.zone).isoformat(),
            "therapists": [str(pk) for pk in opening.therapist_ids],
        }
        for opening in free.openings
    ]
    response = JsonResponse({"timezone": free.location.timezone, "slots": slots})
    response["Cache-Control"] = "no-store"  # a minute-old time may be gone
    return response


def problem(form: SlotsForm) -> JsonResponse:
    errors = [
        {"parameter": name, "detail": str(text)}
        for name, texts in form.errors.items()
        for text in texts
    ]
    return JsonResponse(
        {
            "type": "about:blank",
            "title": _("The question cannot be answered as it was asked."),
            "status": 400,
            "detail": " ".join(f"{error['parameter']}: {error['detail']}" for error in errors),
            "errors": errors,
        },
        status=400,
        content_type="application/problem+json",
    )
