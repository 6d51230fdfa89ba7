"""Who acts for a client, at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages as flash
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access, audit, guardians, looks
from clinic.errors import DomainError
from clinic.models import Guardian

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse


class GuardianForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail they sign in with"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    relationship = forms.ChoiceField(
        label=gettext_lazy("They are the client's"),
        choices=[("", gettext_lazy("Choose one")), *Guardian.Relationship.choices],
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("I have made sure that they may see the whole record"),
        help_text=gettext_lazy("An adult client says so; for a minor, look at their papers."),
        error_messages={
            "required": gettext_lazy("Make sure first: they see answers, prescriptions, receipts.")
        },
    )


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def people_of(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Who acts for a client; POST adds somebody."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    form = GuardianForm(request.POST or None)
    if form.is_valid():
        email, relationship = form.cleaned_data["email"], form.cleaned_data["relationship"]
        try:
            guardians.add(actor=user, client=client, email=email, relationship=relationship)
        except DomainError as refusal:
            form.add_error("email", str(refusal.message))
        else:
            said = _("We have written to %(email)s. They open the record once they have said yes.")
            flash.success(request, said % {"email": email})
            return redirect("client-people", client.pk)
    audit.viewed(request, client, again=looks.PAGE)
    page = {
        "client": client,
        "form": form,
        "guardians": client.guardians.select_related("user").order_by("created_at"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "desk/client_people.html", page, status=status)


@access.desk
@require_POST
def remove(request: HttpRequest, guardian_id: UUID) -> HttpResponse:
    rows = Guardian.objects.select_related("client", "user")
    guardian = access.own(request, rows, guardian_id)
    try:
        guardians.remove(actor=access.user_of(request), guardian=guardian)
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    else:
        flash.success(request, _("Done. They open nothing of this record any more."))
    return redirect("client-people", guardian.client_id)
