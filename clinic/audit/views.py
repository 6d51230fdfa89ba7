"""The audit log: for managers, and for clients the part about themselves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from clinic import access, selectors
from clinic.audit import names
from clinic.audit import services as audit
from clinic.audit.forms import AuditForm
from clinic.audit.words import GROUPS, words
from clinic.dates import bounds
from clinic.format import masked_email
from clinic.models import AuditEvent, Client

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from clinic.audit.names import Change
    from clinic.models import Guardian, User

PAGE = 50


# Done through a link's key by someone who is not signed in: it still concerns the client.
BY_LINK = (
    "doctor_request.link_opened",
    "doctor_request.wrong_birth_date",
    "doctor_request.patient_shown",
    "doctor_request.signed",
    "doctor_request.declined",
)


@dataclass(frozen=True, slots=True)
class Entry:
    event: AuditEvent
    what: Any  # words for the reader
    who: Any = ""
    changes: Sequence[Change] = ()  # for managers


def entries(events: QuerySet[AuditEvent], before: str | None) -> tuple[list[Entry], int | None]:
    """One page, newest first, and the id where the next one continues.

    By id, not page number: rows keep coming, and counting them all is expensive.
    """
    if before and before.isascii() and before.isdigit() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    found = list(events.select_related("actor", "client").order_by("-pk")[: PAGE + 1])
    more = found[PAGE - 1].pk if len(found) > PAGE else None
    return [Entry(event, words(event.action)) for event in found[:PAGE]], more


def search(
    *,
    actor: User | None = None,
    client: Client | None = None,
    group: str = "",
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[AuditEvent]:
    """Events by who, about whom, of what kind, between two clinic-local days (both included)."""
    zone = selectors.location().zone
    found = AuditEvent.objects.all()
    if actor is not None:
        found = found.filter(actor=actor)
    if client is not None:
        found = found.filter(client__in=selectors.record_ids(client))
    if group:
        matches = Q()
        for ending in GROUPS[group].endings:
            matches |= Q(action__endswith=ending)
        for beginning in GROUPS[group].beginnings:
            matches |= Q(action__startswith=beginning)
        found = found.filter(matches)
    if first is not None:
        found = found.filter(at__gte=bounds(first, zone)[0])
    if last is not None:
        found = found.filter(at__lt=bounds(last, zone)[1])
    return found


@access.manager
@require_safe
def audit_list(request: HttpRequest) -> HttpResponse:
    """Search the audit log. Viewing it is logged too."""
    form = AuditForm(request.GET or None)
    found = search(**form.cleaned_data) if form.is_valid() else search()
    page, more = entries(found, request.GET.get("before"))
    changed = names.changes(entry.event for entry in page)
    page = [replace(entry, changes=changed[entry.event.pk]) for entry in page]
    asked = request.GET.copy()
    asked.pop("before", None)
    audit.record(request.user, "audit.searched", AuditEvent, client=_client(form))
    context = {"form": form, "entries": page, "more": more, "query": asked.urlencode()}
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "clinic/audit/audit.html", context, status=status)


def _client(form: AuditForm) -> Client | None:
    return form.cleaned_data.get("client") if form.is_bound and form.is_valid() else None


def _who(event: AuditEvent, acting: Mapping[Any, Guardian]) -> StrOrPromise:
    """As a client may see it: no other login's address in full."""
    if event.actor is None:
        return _("Someone with the link for your prescriber")
    if access.works_here(event.actor):
        name = event.actor.display_name or _("Staff")
        return f"{name}, {event.actor.get_role_display()}"
    guardian = acting.get(event.actor_id)
    whose = guardian.get_relationship_display() if guardian else _("Used to act for you")
    return f"{whose}, {masked_email(event.actor.email)}"


@require_safe
def opened_by(request: HttpRequest) -> HttpResponse:
    """Who else opened or changed the client's data: staff, those who act for them, a prescriber."""
    client = access.acting_client(request)
    found, more = entries(_by_others(request, client), request.GET.get("before"))
    acting = {guardian.user_id: guardian for guardian in client.guardians.all()}
    context = {
        "client": client,
        "clients": access.clients_for(request.user),
        "entries": [replace(entry, who=_who(entry.event, acting)) for entry in found],
        "more": more,
        "disclosures": client.disclosures.all(),
    }
    return render(request, "clinic/audit/opened_by.html", context)


def _by_others(request: HttpRequest, client: Client) -> QuerySet[AuditEvent]:
    """Without what the reader did and, for a guardian, what the client did."""
    about = AuditEvent.objects.filter(client__in=selectors.record_ids(client))
    others = about.filter(Q(actor__isnull=False) | Q(action__in=BY_LINK))
    return others.exclude(actor__in=[access.user_of(request).pk, client.user_id])
