"""The portal's "My details": what clients change themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.people.details import services as details
from clinic.people.details.forms import OwnDetailsForm
from clinic.people.details.words import named
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

PAGE = "clinic/people/details/my_details.html"


@require_http_methods(["GET", "HEAD", "POST"])
def my_details(request: HttpRequest) -> HttpResponse:
    client = access.acting_client(request)
    form = OwnDetailsForm(request.POST or None, client=client)

    def save(_typed: dict[str, Any]) -> str:
        user, changes = access.user_of(request), form.changes()
        changed = details.change_details(actor=user, client=client, **changes)
        flash.success(request, _done(changed))
        return "my-details"

    return form_page(
        request, form, PAGE, save, context=lambda: _page(request, client), edits=client
    )


def _done(changed: list[str]) -> str:
    if not changed:
        return _("Nothing was different, so nothing was changed.")
    return _("Saved: %(what)s.") % {"what": named(changed)}


def _page(request: HttpRequest, client: Client) -> dict[str, Any]:
    user = access.user_of(request)
    return {
        "client": client,
        "clients": access.clients_for(user),
        "is_own_login": client.user_id == user.pk,
        "asked": client.correction_requests.filter(status="open", asked_for__isnull=False).first(),
    }
