"""What the clinic offers and what it costs."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from clinic.models import Service, ServiceOption


def price_list() -> QuerySet[Service]:
    """Bookable services, each with its bookable options; two queries."""
    options = ServiceOption.objects.filter(is_active=True).order_by("minutes")
    return (
        Service.objects.filter(is_active=True, options__is_active=True)
        .distinct()
        .prefetch_related(Prefetch("options", queryset=options))
    )
