"""Who acts for a client, at the desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.models import Guardian
from clinic.people.guardians import services as guardians
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client


PAGE = "clinic/people/guardians/client_people.html"


class GuardianForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail they sign in with"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    relationship = forms.ChoiceField(
        label=gettext_lazy("Relationship to the client"),
        choices=[("", gettext_lazy("Choose one")), *Guardian.Relationship.choices],
    )
    is_sure = forms.BooleanField(
        label=gettext_lazy("I have confirmed that they may see the whole record"),
        help_text=gettext_lazy("An adult client says so; for a minor, check the paperwork."),
        error_messages={
            "required": gettext_lazy(
                "Confirm this first: they will see answers, prescriptions and receipts."
            )
        },
    )


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def people_of(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """Who acts for a client; POST adds someone."""
    user = access.user_of(request)
    client = access.client(user, client_id)

    def save(typed: dict[str, Any]) -> str:
        email, relationship = typed["email"], typed["relationship"]
        guardians.add(actor=user, client=client, email=email, relationship=relationship)
        done = _("We have e-mailed %(email)s. They can open the record once they say yes.")
        flash.success(request, done % {"email": email})
        return reverse("client-people", args=[client.pk])

    form = GuardianForm(request.POST or None)
    return form_page(request, form, PAGE, save, context=_page(request, client), field="email")


def _page(request: HttpRequest, client: Client) -> Callable[[], dict[str, Any]]:
    def page() -> dict[str, Any]:
        audit.viewed(request, client, again=view_log.PAGE)
        known = client.guardians.select_related("user").order_by("created_at")
        return {"client": client, "guardians": known}

    return page


@access.desk
@require_POST
def remove(request: HttpRequest, guardian_id: UUID) -> HttpResponse:
    rows = Guardian.objects.select_related("client", "user")
    guardian = access.visible(request, rows, guardian_id)
    act(
        request,
        lambda: guardians.remove(actor=access.user_of(request), guardian=guardian),
        _("Done. They can no longer open this record."),
    )
    return redirect("client-people", guardian.client_id)
