"""Reauthentication by an e-mailed code, for those who need no more to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import get_next_redirect_url, passthrough_next_redirect_url
from allauth.core import ratelimit
from django.contrib import messages as flash
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.accounts import codes
from clinic.accounts.allauth_private import consume, record_authentication, resume_request
from clinic.accounts.codes import CodeForm
from clinic.accounts.reauthentication.services import BY_CODE
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.format import masked_email

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from clinic.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def by_code(request: HttpRequest) -> HttpResponseBase:
    """Opening the page sends a code, unless one is on its way."""
    user = access.user_of(request)
    ways = get_adapter().get_reauthentication_methods(user)
    if all(way["id"] != BY_CODE for way in ways):  # a password has since been set
        return _on(request, ways[0]["url"])
    if request.POST.get("action") == "resend":
        return _send_again(request, user)
    if request.method == "POST":
        return _typed(request, user)
    code = codes.waiting(request, BY_CODE)
    if request.method == "GET" and (code is None or code.is_over) and not _sent(request, user):
        return _too_many(request)
    return _page(request, user, CodeForm())


def _typed(request: HttpRequest, user: User) -> HttpResponseBase:
    if not _consume(request, user, "reauthenticate"):
        return _too_many(request)
    form = CodeForm(request.POST)
    if form.is_valid():
        try:
            codes.check(request, BY_CODE, form.cleaned_data["code"])
        except DomainError as refusal:
            audit.record(None, "signin.confirm_failed", user, kind="code")
            form.add_error("code", str(refusal.message))
        else:
            record_authentication(request, user, method="code", reauthenticated=True)
            answer: HttpResponseBase = resume_request(request) or redirect("after-login")
            return answer
    return _page(request, user, form)


def _too_many(request: HttpRequest) -> HttpResponseBase:
    answer: HttpResponseBase = ratelimit.respond_429(request)
    return answer


def _page(request: HttpRequest, user: User, form: CodeForm) -> HttpResponseBase:
    page = {
        "verify_form": form,
        "sent_to": masked_email(user.email),
        "next": get_next_redirect_url(request, REDIRECT_FIELD_NAME),
        "reauthentication_alternatives": _other_ways(request, user),
    }
    status = 422 if form.is_bound else 200
    return render(request, "account/confirm_by_code.html", page, status=status)


def _other_ways(request: HttpRequest, user: User) -> list[dict[str, Any]]:
    ways = get_adapter().get_reauthentication_methods(user)
    return [{**way, "url": _on_url(request, way["url"])} for way in ways if way["id"] != BY_CODE]


def _send_again(request: HttpRequest, user: User) -> HttpResponseBase:
    if not _sent(request, user):
        return _too_many(request)
    flash.success(request, _("A new code is on its way; the previous one no longer works."))
    return _on(request, reverse(BY_CODE))


def _on(request: HttpRequest, url: str) -> HttpResponseBase:
    return redirect(_on_url(request, url))


def _on_url(request: HttpRequest, url: str) -> str:
    """From another of these pages, which still knows where this one was to lead."""
    on: str = passthrough_next_redirect_url(request, url, REDIRECT_FIELD_NAME)
    return on


def _sent(request: HttpRequest, user: User) -> bool:
    """Send a code, unless too many were just sent."""
    if not _consume(request, user, "confirm_code"):
        return False
    code = codes.make(request, BY_CODE)
    get_adapter().send_mail("account/email/confirm_code", user.email, {"code": code})
    return True


def _consume(request: HttpRequest, user: User, action: str) -> bool:
    """Count one of `ACCOUNT_RATE_LIMITS`, GET too: opening the page sends an e-mail."""
    used = consume(request, app="allauth.account", action=action, user=user, limit_get=True)
    return used is not None
