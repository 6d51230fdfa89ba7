"""Resetting two-step sign-in for a colleague's or a client's login; for managers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic import access
from clinic.accounts.reauthentication import services as reauthentication
from clinic.accounts.second_step import services as second_step
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import User


PAGE = "clinic/accounts/second_step/second_step.html"


class ResetForm(forms.Form):
    reason = forms.ChoiceField(
        label=gettext_lazy("What happened?"),
        choices=[
            ("", gettext_lazy("Choose one")),
            ("lost", gettext_lazy("Phone or key lost")),
            ("stolen", gettext_lazy("Phone or key stolen")),
            ("broken", gettext_lazy("Phone or key broken or replaced")),
        ],
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("I have confirmed that the request comes from them"),
        help_text=gettext_lazy(
            "In person, with an ID if you do not know them, or by calling a number we "
            "already had. Never because of an incoming call or e-mail."
        ),
        error_messages={
            "required": gettext_lazy(
                "Confirm this first: after a reset, the password or the mailbox alone is "
                "enough to get in."
            )
        },
    )


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def of_colleague(request: HttpRequest, user_id: UUID) -> HttpResponse:
    found = get_object_or_404(access.staff_logins(), pk=user_id)
    name = found.display_name or found.email
    return _reset(request, found, name=name, back=reverse("staff-person", args=[found.pk]))


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def of_client(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """For the client's own login; a guardian has their own record."""
    client = access.client(access.user_of(request), client_id)
    back = reverse("client-detail", args=[client.pk])
    return _reset(request, client.user, name=client.name, back=back)


def _reset(request: HttpRequest, user: User | None, *, name: str, back: str) -> HttpResponse:
    if user is None or not second_step.kinds(user):
        flash.info(request, _("No second step is set up for this login."))
        return redirect(back)
    reauthentication.require(request)
    return _ask(request, user, name, back)


def _ask(request: HttpRequest, user: User, name: str, back: str) -> HttpResponse:
    def save(typed: dict[str, Any]) -> str:
        second_step.reset(actor=access.user_of(request), user=user, reason=typed["reason"])
        done = _("Done. %(name)s is signed out everywhere and has been told by e-mail.")
        flash.success(request, done % {"name": name})
        return back

    page = {
        "name": name,
        "back": back,
        "is_required": second_step.is_required(user),
        "is_own": user == request.user,
    }
    return form_page(request, ResetForm(request.POST or None), PAGE, save, context=page)
