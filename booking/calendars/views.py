"""The public address of a feed, and the pages where people create one or add their calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from booking import throttle
from booking.calendars import external, feeds
from booking.visits import requests
from clinic import access
from clinic.models import Client, Therapist
from clinic.web.form_page import form_page
from clinic.web.throttle import WINDOW, over_limit

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

MISSES, READS = 60, 120  # per ten minutes: by one IP address, of one feed
TOO_MANY = 429
DESK = "booking/calendars/desk.html"
LINK = "calendar_link"  # session key: a link that is still to be shown, once
theirs = access.treatment


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
    """Anyone who knows the address may read it; unknown and revoked ones are both a 404."""
    found = feeds.find(token)
    if found is None:
        if throttle.too_many(request, "feed-miss", MISSES):
            return _later()
        raise Http404
    if over_limit(f"booking:feed:{found.pk}", READS):
        return _later()
    content = feeds.content(found)
    feeds.was_read(found)
    etag = quote_etag(feeds.fingerprint(content))
    response = _calendar(content, etag)
    return get_conditional_response(request, etag=etag, response=response) or response


def _calendar(content: bytes, etag: str) -> HttpResponse:
    headers = {
        "Content-Disposition": 'inline; filename="calendar.ics"',
        "Cache-Control": "private, no-cache",  # keep it, but ask us each time
        "X-Robots-Tag": "noindex",
        "ETag": etag,
    }
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


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
    """A therapist's own two calendars; a manager gets the list, then anyone's."""
    therapist = _therapist(request)
    if therapist is None:
        context = {"rows": external.overview(), "may_list": access.is_manager(request.user)}
        return render(request, "booking/calendars/list.html", context)
    if requests.wants_part(request, "external-state"):
        context = {"state": external.state_of(therapist), "page_url": _page(therapist)}
        return render(request, "booking/calendars/_external_state.html", context)
    return render(request, DESK, _desk_page(request, therapist) | {"form": ExternalForm()})


@theirs
@require_POST
def desk_make(request: HttpRequest) -> HttpResponse:
    """Only your own: a link shows the diary to anyone who has it, and only its maker sees it."""
    therapist = _therapist(request)
    if therapist is None or therapist.user != request.user:
        flash.error(request, _("Only therapists can make a link to their own calendar."))
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
    """Set the calendar whose busy times count, or have it read again."""
    therapist = _therapist(request)
    if therapist is None or request.method != "POST":
        return redirect(_page(therapist))

    def save(data: dict[str, Any]) -> str:
        external.connect(actor=access.user_of(request), therapist=therapist, url=data["url"])
        flash.success(request, _("Saved. We are checking the calendar now."))
        return _page(therapist)

    context = _desk_page(request, therapist)
    return form_page(request, ExternalForm(request.POST), DESK, save, context=context, field="url")


@theirs
@require_POST
def external_again(request: HttpRequest) -> HttpResponse:
    therapist = _therapist(request)
    if therapist is not None and external.read_again(therapist=therapist):
        flash.success(request, _("We are checking the calendar again."))
    return redirect(_page(therapist))


@theirs
@require_POST
def external_disconnect(request: HttpRequest) -> HttpResponse:
    therapist = _therapist(request)
    actor = access.user_of(request)
    if therapist is not None and external.disconnect(actor=actor, therapist=therapist):
        flash.success(request, _("Removed. Its busy times can be booked again."))
    return redirect(_page(therapist))


def _desk_page(request: HttpRequest, therapist: Therapist) -> dict[str, Any]:
    return {
        "therapist": therapist,
        "is_own": therapist.user == request.user,
        "may_list": access.is_manager(request.user),
        "feed": feeds.of(therapist),
        "link": _fresh_link(request, therapist),
        "state": external.state_of(therapist),
        "collisions": external.collisions(therapist)[: external.SHOWN],
        "page_url": _page(therapist),
    }


def _therapist(request: HttpRequest) -> Therapist | None:
    """Whose calendars: your own, or for a manager the one requested. Raises Http404."""
    user = access.user_of(request)
    if not access.is_manager(user):
        return Therapist.objects.filter(user=user).first()
    wanted = request.POST.get("therapist") or request.GET.get("therapist")
    if not wanted:
        return None
    return get_object_or_404(Therapist, pk=requests.uuid_or_none(wanted))


def _page(therapist: Therapist | None) -> str:
    page = reverse("booking:desk-calendar")
    return f"{page}?{urlencode({'therapist': str(therapist.pk)})}" if therapist else page


def _make(request: HttpRequest, owner: Therapist | Client) -> None:
    token = feeds.make(actor=access.user_of(request), owner=owner)
    request.session[LINK] = [str(owner.pk), token]


def _revoke(request: HttpRequest, owner: Therapist | Client) -> None:
    request.session.pop(LINK, None)
    if feeds.revoke(actor=access.user_of(request), owner=owner):
        flash.success(request, _("The link is off. It no longer shows anything."))


def _fresh_link(request: HttpRequest, owner: Therapist | Client) -> dict[str, str] | None:
    """The link just made. Reading it removes it from the session; we cannot show it again."""
    if request.method != "GET":
        return None
    whose, token = request.session.pop(LINK, None) or ("", "")
    if whose != str(owner.pk):
        return None
    web = feeds.address(token)
    return {"web": web, "subscribe": f"webcal://{web.partition('://')[2]}"}


def _later() -> HttpResponse:
    response = HttpResponse(_("Too many requests. Try again later."), status=TOO_MANY)
    response["Retry-After"] = str(WINDOW)
    response["Cache-Control"] = "no-store"
    # Django would log the URL, which is a secret.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response
