"""A client's e-mail address at the desk, and the link that proves a new one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.accounts.addresses import of_client
from clinic.accounts.addresses.of_client import Seen
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.errors import DomainError
from clinic.web import throttle
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

PAGE = "clinic/accounts/addresses/client_email.html"
LINK = "link"
GONE, TOO_MANY, OPENINGS = 410, 429, 30


class EmailForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How do we know that it is theirs?"),
        choices=[
            (LINK, gettext_lazy("Send a link there; the address counts once it is opened")),
            (Seen.WITH_ID, gettext_lazy("I have seen the person, and checked an ID")),
            (Seen.KNOWN, gettext_lazy("I have seen the person, and know them")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say how we know.")},
    )


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def client_email(request: HttpRequest, client_id: UUID) -> HttpResponse:
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, again=view_log.PAGE)
    if "drop" in request.POST:
        drop = partial(of_client.drop, actor=access.user_of(request), client=client)
        act(request, drop, _("The address stays as it is."))
        return redirect("client-email", client.pk)
    form, save = EmailForm(request.POST or None), partial(_save, request, client)
    return form_page(request, form, PAGE, save, context={"client": client}, edits=client)


def _save(request: HttpRequest, client: Client, data: dict[str, Any]) -> str:
    user, email = access.user_of(request), data["email"]
    if data["how"] == LINK:
        of_client.ask(actor=user, client=client, email=email)
        flash.success(request, _("Waiting for %(email)s to confirm.") % {"email": email})
    else:
        of_client.change(actor=user, client=client, email=email, seen=Seen(data["how"]))
        flash.success(request, _("Our e-mails go to %(email)s now.") % {"email": email})
    return reverse("client-detail", args=[client.pk])


@access.public
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """The link: a mail program that only opens it confirms nothing."""
    if throttle.network_over_limit("client-email", OPENINGS):
        return render(request, "429.html", status=TOO_MANY)
    page = "clinic/accounts/addresses/confirm.html"
    try:
        client = of_client.find(token)
        if request.method == "POST":
            of_client.confirm(token=token)
    except DomainError as refusal:
        return render(request, page, {"refusal": refusal}, status=GONE)
    context = {"token": token, "email": client.new_email, "done": request.method == "POST"}
    return render(request, page, context)
