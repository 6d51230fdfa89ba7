"""Which drawer cash goes into at this desk: where there are several, the one used here last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from billing.models import Drawer

if TYPE_CHECKING:
    from django.http import HttpRequest

    from clinic.models import Location

LAST = "drawer"  # session key


def drawers(request: HttpRequest, location: Location) -> list[Drawer]:
    """The drawers in use at a location, the one used here last first; one query."""
    last = request.session.get(LAST)
    return sorted(Drawer.objects.in_use(location), key=lambda one: str(one.pk) != last)


def remember(request: HttpRequest, drawer: Drawer | None) -> None:
    if drawer is not None and request.session.get(LAST) != str(drawer.pk):
        request.session[LAST] = str(drawer.pk)
