"""Changing the address that one signs in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.core import ratelimit
from django import forms
from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, addresses, audit, codes, reauthentication
from clinic.codes import CodeForm
from clinic.errors import DomainError

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    from clinic.codes import Waiting

CHANGE = "address"  # what the code is for


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
def address(request: HttpRequest) -> HttpResponseBase:
    """The present address, and the form for a new one."""
    user = access.user_of(request)
    form = AddressForm(request.POST or None)
    if form.is_valid():
        new = form.cleaned_data["email"]
        try:
            addresses.require_another(user=user, new=new)
        except DomainError as refusal:
            form.add_error("email", str(refusal.message))
        else:
            if not _may_send(request, new):
                return _too_many(request)
            addresses.ask(user=user, new=new, code=codes.make(request, CHANGE, about=new))
            return redirect("address-code")
    page = {"form": form, "waiting": codes.waiting(request, CHANGE)}
    status = 422 if form.is_bound else 200
    return render(request, "account/address.html", page, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponseBase:
    """The code from the new address; with it the address changes."""
    waiting = codes.waiting(request, CHANGE)
    if waiting is None:
        flash.info(request, _("No change of your address is waiting. You may ask for one here."))
        return redirect("address")
    if request.POST.get("action") == "resend":
        return _send_again(request, waiting)
    if request.method == "POST" and request.POST.get("change") != waiting.id:
        flash.warning(request, _("You asked for another code meanwhile. Please type that one."))
        return redirect("address-code")
    form = CodeForm(request.POST or None)
    if form.is_valid() and (answer := _typed(request, waiting, form)):
        return answer
    page = {"verify_form": form, "waiting": codes.waiting(request, CHANGE) or waiting}
    status = 422 if form.is_bound else 200
    return render(request, "account/address_code.html", page, status=status)


@require_POST
def cancel(request: HttpRequest) -> HttpResponseBase:
    codes.drop(request, CHANGE)
    flash.success(request, _("Your address stays as it is."))
    return redirect("after-login")


def _typed(request: HttpRequest, waiting: Waiting, form: CodeForm) -> HttpResponseBase | None:
    """What follows a right code; None, and an error in the form, after a wrong one."""
    user = access.user_of(request)
    try:
        codes.check(request, CHANGE, form.cleaned_data["code"])
    except DomainError as refusal:
        audit.record(user, "signin.address_code_failed", user)
        form.add_error("code", str(refusal.message))
        return None
    try:
        addresses.change(user=user, new=waiting.about, keep=request.session.session_key)
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
        return redirect("address")
    said = _("Done. From now on you sign in with %(email)s, and we write to it.")
    flash.success(request, said % {"email": waiting.about})
    return redirect("after-login")


def _send_again(request: HttpRequest, waiting: Waiting) -> HttpResponseBase:
    reauthentication.require(request)
    if not _may_send(request, waiting.about):
        return _too_many(request)
    fresh = codes.make(request, CHANGE, about=waiting.about)
    addresses.write(user=access.user_of(request), new=waiting.about, code=fresh)
    flash.success(request, _("A new code is on its way; the one before does not work any more."))
    return redirect("address-code")


def _may_send(request: HttpRequest, email: str) -> bool:
    """By person and by address: nobody's mailbox is filled from here."""
    user = access.user_of(request)
    return bool(ratelimit.consume(request, action="change_address", key=email, user=user))


def _too_many(request: HttpRequest) -> HttpResponseBase:
    answer: HttpResponseBase = ratelimit.respond_429(request)
    return answer
