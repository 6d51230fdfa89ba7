"""What staff see of the ground: clients and messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, messages, selectors, two_step
from clinic.errors import DomainError
from clinic.forms import ClientSearchForm
from clinic.models import Message, Role

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

PAGE = 50
RECENT = 10


@access.anyone_here
@require_http_methods(["GET", "HEAD", "POST"])
def client_search(request: HttpRequest) -> HttpResponse:
    form = ClientSearchForm(request.POST)  # names travel in the body, never in an address
    words = form.cleaned_data["q"] if form.is_valid() else ""
    visible = access.clients_seen_by(request.user)
    found = selectors.search_clients(words, among=visible)
    context = {"form": form, "query": words, "clients": found}
    return render(request, "desk/clients.html", context)


@access.anyone_here
@require_safe
def client_detail(request: HttpRequest, client_id: UUID) -> HttpResponse:
    user = access.user_of(request)
    client = access.client(user, client_id)
    if client.pk != client_id:  # joined with this one
        return redirect("client-detail", client.pk)
    audit.viewed(request, client)
    at_desk = user.role in access.DESK
    login = client.user if user.role == Role.MANAGER else None
    context = {
        "client": client,
        "at_desk": at_desk,
        "second_step": login is not None and bool(two_step.kinds(login)),
        "perhaps_same": selectors.perhaps_the_same(client) if at_desk else [],
        "merges": selectors.merges_of(client) if at_desk else [],
        "guardians": client.guardians.select_related("user"),
        "client_messages": selectors.outbox().filter(client=client)[:RECENT],
    }
    return render(request, "desk/client.html", context)


@access.desk
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """What went out and what did not; failures first, so that somebody picks up the phone."""
    page = Paginator(selectors.outbox(), PAGE).get_page(request.GET.get("page"))
    return render(request, "desk/messages.html", {"messages_page": page})


@access.desk
@require_POST
def message_retry(request: HttpRequest, message_id: UUID) -> HttpResponse:
    message = access.own(request, Message.objects.all(), message_id)
    try:
        messages.retry(actor=access.user_of(request), message=message)
        flash.success(request, _("The message is on its way again."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("message-list")
