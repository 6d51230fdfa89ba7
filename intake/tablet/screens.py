"""The one page a handed-over browser always shows: begin, or go on, or hand it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

from intake.tablet.forms import UnlockForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from intake.models import Handover


def screen(request: HttpRequest, handover: Handover, status: int = 200) -> HttpResponse:
    context = {"handover": handover, "form": UnlockForm(), "started": bool(handover.sections)}
    return render(request, "intake/tablet/screen.html", context, status=status)
