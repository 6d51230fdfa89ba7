"""Taking a lost second step off a colleague's or a client's login; for managers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from clinic import access, reauthentication, staff, two_step
from clinic.errors import DomainError

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import User


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
        label=gettext_lazy("I have made sure that it is they who ask"),
        help_text=gettext_lazy(
            "In person, with an ID where you do not know them; or by calling a number that we had "
            "before. Never on a call or a mail that came in."
        ),
        error_messages={
            "required": gettext_lazy(
                "Make sure first: whoever gets this reset needs only the password or the mailbox."
            )
        },
    )


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def of_colleague(request: HttpRequest, user_id: UUID) -> HttpResponse:
    found = get_object_or_404(staff.colleagues(), pk=user_id)
    name = found.display_name or found.email
    return _reset(request, found, name=name, back=reverse("staff-person", args=[found.pk]))


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def of_client(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Of the login that is the client's own; a guardian's has a record of its own."""
    client = access.client(access.user_of(request), client_id)
    back = reverse("client-detail", args=[client.pk])
    return _reset(request, client.user, name=client.name, back=back)


def _reset(request: HttpRequest, user: User | None, *, name: str, back: str) -> HttpResponse:
    if user is None or not two_step.kinds(user):
        flash.info(request, _("No second step is set up for this login."))
        return redirect(back)
    reauthentication.require(request)
    form = ResetForm(request.POST or None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            two_step.reset(actor=access.user_of(request), user=user, reason=reason)
        except DomainError as refusal:
            form.add_error(None, str(refusal.message))
        else:
            said = _("Done. %(name)s is signed out everywhere and has been told by mail.")
            flash.success(request, said % {"name": name})
            return redirect(back)
    page = {
        "form": form,
        "name": name,
        "back": back,
        "is_required": two_step.is_required(user),
        "is_own": user == request.user,
    }
    status = 422 if form.is_bound else 200
    return render(request, "desk/second_step.html", page, status=status)
