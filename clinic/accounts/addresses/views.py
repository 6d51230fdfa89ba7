"""Changing the address used to sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.core import ratelimit
from django import forms
from django.contrib import messages as flash
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.accounts import codes
from clinic.accounts.addresses import services as addresses
from clinic.accounts.codes import CodeForm
from clinic.accounts.reauthentication import services as reauthentication
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from clinic.accounts.codes import Waiting

CHANGE = "address"  # what the code is for
CODE = "account/address_code.html"


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def clean_email(self) -> str:
        return addresses.tidy(self.cleaned_data["email"])


@reauthentication.confirmed
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """The current address, and the form for a new one."""

    def save(typed: dict[str, Any]) -> HttpResponse | str:
        user, new = access.user_of(request), typed["email"]
        addresses.require_another(user=user, new=new)
        if not _may_send(request, new):
            return _too_many(request)
        addresses.ask(user=user, new=new, code=codes.make(request, CHANGE, about=new))
        return "address-code"

    form = AddressForm(request.POST or None)
    page = {"waiting": codes.waiting(request, CHANGE)}
    return form_page(request, form, "account/address.html", save, context=page, field="email")


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """The code from the new address; with it the address changes."""
    waiting = codes.waiting(request, CHANGE)
    if waiting is None:
        flash.info(request, _("You have no address change pending. You can ask for one here."))
        return redirect("address")
    if request.POST.get("action") == "resend":
        return _send_again(request, waiting)
    if request.method == "POST" and request.POST.get("change") != waiting.id:
        flash.warning(request, _("You have since asked for another code. Please type that one."))
        return redirect("address-code")
    return _typed(request, waiting)


@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    codes.drop(request, CHANGE)
    flash.success(request, _("Your address stays as it is."))
    return redirect("after-login")


def _typed(request: HttpRequest, waiting: Waiting) -> HttpResponse:
    def save(typed: dict[str, Any]) -> str:
        user = access.user_of(request)
        try:
            codes.check(request, CHANGE, typed["code"])
        except DomainError:
            audit.record(user, "signin.address_code_failed", user)
            raise
        return _change(request, waiting.about)

    def page() -> dict[str, Any]:
        return {"verify_form": form, "waiting": codes.waiting(request, CHANGE) or waiting}

    form = CodeForm(request.POST or None)
    return form_page(request, form, CODE, save, context=page, field="code")


def _change(request: HttpRequest, new: str) -> str:
    """Where to go once the code was right."""
    user, keep = access.user_of(request), request.session.session_key
    done = _("Done. From now on you sign in with %(email)s, and our e-mails go there.")
    changed = act(
        request,
        lambda: addresses.change(user=user, new=new, keep=keep),
        done % {"email": new},
    )
    return "after-login" if changed else "address"


def _send_again(request: HttpRequest, waiting: Waiting) -> HttpResponse:
    reauthentication.require(request)
    if not _may_send(request, waiting.about):
        return _too_many(request)
    fresh = codes.make(request, CHANGE, about=waiting.about)
    addresses.write(user=access.user_of(request), new=waiting.about, code=fresh)
    flash.success(request, _("A new code is on its way; the previous one no longer works."))
    return redirect("address-code")


def _may_send(request: HttpRequest, email: str) -> bool:
    """By person and by address, so that no one's mailbox can be flooded from here."""
    user = access.user_of(request)
    return bool(ratelimit.consume(request, action="change_address", key=email, user=user))


def _too_many(request: HttpRequest) -> HttpResponse:
    answer: HttpResponse = ratelimit.respond_429(request)
    return answer
