"""What staff see of clients: the search, and one client's page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access
from clinic.accounts.second_step import services as second_step
from clinic.audit import services as audit
from clinic.messaging.selectors import outbox
from clinic.people import record, tiles
from clinic.people.forms import ClientSearchForm
from clinic.people.search import MOST_FOUND, search_clients
from clinic.people.selectors import merges_of
from clinic.people.similar import perhaps_the_same

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client, User

RECENT = 10
FEW = 6  # found while one types, in the bar or on the page; all of them when one presses Search
# What a list of people shows. The encrypted columns take long to open.
SHOWN = ("first_name", "last_name", "birth_date", "phone", "phone_extension", "email")


@access.staff
@require_http_methods(["GET", "HEAD", "POST"])
def client_search(request: HttpRequest) -> HttpResponse:
    form = ClientSearchForm(request.POST)  # names travel in the body, never in a URL
    words = form.cleaned_data["q"] if form.is_valid() else ""
    visible = access.clients_seen_by(request.user).only(*SHOWN, "user__email")
    live = getattr(request, "htmx", False)
    found = search_clients(words, visible, FEW + 1 if live else MOST_FOUND)
    if live:  # while one types, on the page or in the bar of every page
        part = {"query": words, "clients": found[:FEW], "more": len(found) > FEW}
        page = "_bar_found" if "bar" in request.POST else "_found"
        return render(request, f"clinic/desk/{page}.html", part)
    context = {"form": form, "query": words, "clients": found}
    return render(request, "clinic/desk/clients.html", context)


@access.staff
@require_safe
def client_detail(request: HttpRequest, client_id: UUID) -> HttpResponse:
    user = access.user_of(request)
    client = access.client(user, client_id)
    if client.pk != client_id:  # merged with this one
        return redirect("client-detail", client.pk)
    audit.viewed(request, client)
    return render(request, "clinic/desk/client.html", _context(user, client))


def _context(user: User, client: Client) -> dict[str, Any]:
    at_desk = access.works_at_desk(user)
    login = client.user if access.is_manager(user) else None
    return {
        "client": client,
        "head": record.head(client),
        "rows": record.rows(client),
        "alerts": tiles.alerts_of(user, client),
        "tiles": tiles.of(user, client),
        "at_desk": at_desk,
        "second_step": login is not None and bool(second_step.kinds(login)),
        "perhaps_same": perhaps_the_same(client) if at_desk else [],
        "merges": merges_of(client) if at_desk else [],
        "guardians": client.guardians.select_related("user"),
        **_written(client),
    }


def _written(client: Client) -> dict[str, Any]:
    """What was written to them: the newest, and how much."""
    written = outbox().filter(client=client)
    return {"client_messages": list(written[:RECENT]), "messages_count": written.count()}
