"""The public address of a feed, and the pages on which people make one and name their calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import flow, throttle
from booking.calendars import external, feeds
from clinic import access
from clinic.errors import DomainError
from clinic.models import Client, Role, Therapist
from clinic.throttle import WINDOW, crowded

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

MISSES, READS = 60, 120  # in ten minutes: by one address, of one feed
TOO_MANY = 429
LINK = "calendar_link"  # session key: a link that is still to be shown, once
theirs = access.roles(Role.THERAPIST, Role.MANAGER)


class ExternalForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address of the calendar (ICS)"),
        max_length=external.LONGEST_ADDRESS,
        widget=forms.TextInput(
            attrs={
                "inputmode": "url",
                "autocomplete": "off",
                "autocapitalize": "off",
                "spellcheck": "false",
                "placeholder": "https://…/basic.ics",
            }
        ),
        error_messages={"required": gettext_lazy("Paste the address of the calendar.")},
    )


@access.public
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponseBase:
    """Who knows the address may read; 404 for an unknown one and a revoked one alike."""
    found = feeds.find(token)
    if found is None:
        if throttle.too_many(request, "feed-miss", MISSES):
            return _later()
        raise Http404
    if crowded(f"booking:feed:{found.pk}", READS):
        return _later()
    content = feeds.content(found)
    feeds.was_read(found)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="calendar.ics"'
    response["Cache-Control"] = "private, no-cache"  # keep it, but ask us each time
    response["X-Robots-Tag"] = "noindex"
    etag = response["ETag"] = quote_etag(feeds.fingerprint(content))
    return get_conditional_response(request, etag=etag, response=response) or response


@require_safe
def mine(request: HttpRequest) -> HttpResponse:
    """A client's own feed."""
    client = access.acting_client(request)
    context = {
        "client": client,
        "clients": list(access.clients_for(request.user)),
        "feed": feeds.of(client),
        "link": _fresh_link(request, client),
    }
    return render(request, "booking/calendars/mine.html", context)


@require_POST
def mine_make(request: HttpRequest) -> HttpResponse:
    _make(request, access.acting_client(request))
    return redirect("booking:calendar-mine")


@require_POST
def mine_revoke(request: HttpRequest) -> HttpResponse:
    _revoke(request, access.acting_client(request))
    return redirect("booking:calendar-mine")


@theirs
@require_safe
def desk(request: HttpRequest) -> HttpResponse:
    """A therapist's own two calendars; a manager gets the list, then anybody's."""
    therapist = _therapist(request)
    if therapist is None:
        context = {"rows": external.overview(), "may_list": _is_manager(request)}
        return render(request, "booking/calendars/list.html", context)
    if flow.wants_part(request, "external-state"):
        context = {"state": external.state_of(therapist), "page_url": _page(therapist)}
        return render(request, "booking/calendars/_external_state.html", context)
    return _desk_page(request, therapist, ExternalForm())


@theirs
@require_POST
def desk_make(request: HttpRequest) -> HttpResponse:
    """Only one's own: a link shows the diary to whoever holds it, and it is shown to its maker."""
    therapist = _therapist(request)
    if therapist is None or therapist.user != request.user:
        flash.error(request, _("Only therapists can make the link to their own calendar."))
    else:
        _make(request, therapist)
    return redirect(_page(therapist))


@theirs
@require_POST
def desk_revoke(request: HttpRequest) -> HttpResponse:
    therapist = _therapist(request)
    if therapist is not None:
        _revoke(request, therapist)
    return redirect(_page(therapist))


@theirs
@require_http_methods(["GET", "HEAD", "POST"])
def external_connect(request: HttpRequest) -> HttpResponse:
    """Name the calendar whose busy times count, or have it read again."""
    therapist = _therapist(request)
    if therapist is None or request.method != "POST":
        return redirect(_page(therapist))
    form = ExternalForm(request.POST)
    if not form.is_valid():
        return _desk_page(request, therapist, form, status=422)
    try:
        url = form.cleaned_data["url"]
        external.connect(actor=access.user_of(request), therapist=therapist, url=url)
    except DomainError as refusal:
        form.add_error("url", str(refusal.message))
        return _desk_page(request, therapist, form, status=422)
    flash.success(request, _("Saved. We are reading the calendar now."))
    return redirect(_page(therapist))


@theirs
@require_POST
def external_again(request: HttpRequest) -> HttpResponse:
    therapist = _therapist(request)
    if therapist is not None and external.read_again(therapist=therapist):
        flash.success(request, _("We are reading the calendar again."))
    return redirect(_page(therapist))


@theirs
@require_POST
def external_disconnect(request: HttpRequest) -> HttpResponse:
    therapist = _therapist(request)
    actor = access.user_of(request)
    if therapist is not None and external.disconnect(actor=actor, therapist=therapist):
        flash.success(request, _("Removed. Its busy times can be booked again."))
    return redirect(_page(therapist))


def _desk_page(
    request: HttpRequest, therapist: Therapist, form: ExternalForm, status: int = 200
) -> HttpResponse:
    context = {
        "therapist": therapist,
        "is_own": therapist.user == request.user,
        "may_list": _is_manager(request),
        "feed": feeds.of(therapist),
        "link": _fresh_link(request, therapist),
        "state": external.state_of(therapist),
        "collisions": external.collisions(therapist)[: external.SHOWN],
        "form": form,
        "page_url": _page(therapist),
    }
    return render(request, "booking/calendars/desk.html", context, status=status)


def _therapist(request: HttpRequest) -> Therapist | None:
    """Whose calendars: one's own, or for a manager the one asked for. Raises Http404."""
    user = access.user_of(request)
    if user.role != Role.MANAGER:
        return Therapist.objects.filter(user=user).first()
    wanted = request.POST.get("therapist") or request.GET.get("therapist")
    if not wanted:
        return None
    pk = flow.uuid_or_none(wanted)
    found = Therapist.objects.filter(pk=pk).first() if pk else None
    if found is None:
        raise Http404
    return found


def _is_manager(request: HttpRequest) -> bool:
    return access.user_of(request).role == Role.MANAGER


def _page(therapist: Therapist | None) -> str:
    page = reverse("booking:desk-calendar")
    return f"{page}?{urlencode({'therapist': str(therapist.pk)})}" if therapist else page


def _make(request: HttpRequest, owner: Therapist | Client) -> None:
    token = feeds.make(actor=access.user_of(request), owner=owner)
    request.session[LINK] = [str(owner.pk), token]


def _revoke(request: HttpRequest, owner: Therapist | Client) -> None:
    request.session.pop(LINK, None)
    if feeds.revoke(actor=access.user_of(request), owner=owner):
        flash.success(request, _("The link is switched off. It shows nothing any more."))


def _fresh_link(request: HttpRequest, owner: Therapist | Client) -> dict[str, str] | None:
    """The link just made. The session forgets it with this look; we could not show it again."""
    if request.method != "GET":
        return None
    whose, token = request.session.pop(LINK, None) or ("", "")
    if whose != str(owner.pk):
        return None
    web = feeds.address(token)
    return {"web": web, "subscribe": f"webcal://{web.partition('://')[2]}"}


def _later() -> HttpResponse:
    response = HttpResponse(_("Too many questions. Try again later."), status=TOO_MANY)
    response["Retry-After"] = str(WINDOW)
    response["Cache-Control"] = "no-store"
    # Django would write the address, which is a key, into the log.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
