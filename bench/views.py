"""The cost of a view that does nothing, one with a single query, and one for staff only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse, JsonResponse

from clinic import access
from clinic.models import Therapist

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest


@access.public
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@access.public
def one_query(request: HttpRequest, pk: UUID) -> HttpResponse:
    therapist = Therapist.objects.get(pk=pk)
    return JsonResponse({"id": str(therapist.pk), "name": therapist.name})


@access.desk
def signed_in(request: HttpRequest) -> HttpResponse:
    """What every desk page costs before it does anything."""
    return HttpResponse("ok")
