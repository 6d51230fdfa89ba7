"""Staff, for managers; and the page behind the link of an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.accounts.second_step import services as second_step
from clinic.accounts.staff import services as staff
from clinic.accounts.staff.forms import InviteForm, JoinForm, PersonForm
from clinic.errors import DomainError
from clinic.models import Invitation
from clinic.web import throttle
from clinic.web.form_page import act, form_page

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

DONE = {
    staff.activate: gettext_lazy("%(name)s can sign in again."),
    staff.deactivate: gettext_lazy("%(name)s is signed out everywhere and can no longer sign in."),
}
OPENINGS = 60  # invitation links per network in ten minutes
GONE, TOO_MANY = 410, 429
PERSON = "clinic/accounts/staff/staff_person.html"


@access.manager
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    page = {"colleagues": staff.colleagues(), "invitations": staff.open_invitations()}
    return render(request, "clinic/accounts/staff/staff.html", page)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    def save(typed: dict[str, Any]) -> str:
        staff.invite(actor=access.user_of(request), **typed)
        flash.success(request, _("Invited. The link in the e-mail is good for seven days."))
        return "staff-list"

    form = InviteForm(request.POST or None)
    return form_page(request, form, "clinic/accounts/staff/staff_invite.html", save, field="email")


@access.manager
@require_POST
def invite_again(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    act(
        request,
        lambda: staff.invite_again(actor=access.user_of(request), invitation=invitation),
        _("A new link is on its way; the old one no longer works."),
    )
    return redirect("staff-list")


@access.manager
@require_POST
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    act(
        request,
        lambda: staff.withdraw(actor=access.user_of(request), invitation=invitation),
        _("The invitation is withdrawn; its link no longer works."),
    )
    return redirect("staff-list")


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """A colleague's name and role."""
    found = get_object_or_404(staff.colleagues(), pk=user_id)

    def save(typed: dict[str, Any]) -> str:
        staff.change(actor=access.user_of(request), user=found, **typed)
        flash.success(request, _("Saved. It takes effect with their next click."))
        # A manager who gave up that role may no longer see the list.
        return "after-login" if found == request.user else "staff-list"

    form = PersonForm.of(found, request.POST or None)
    page = {"person": found, "second_step": bool(second_step.kinds(found))}
    return form_page(request, form, PERSON, save, context=page, edits=found, field="role")


@access.manager
@require_POST
def set_active(request: HttpRequest, user_id: UUID) -> HttpResponse:
    found = get_object_or_404(staff.colleagues(), pk=user_id)
    switch = staff.activate if request.POST.get("active") == "yes" else staff.deactivate
    name = found.display_name or found.email
    act(
        request,
        lambda: switch(actor=access.user_of(request), user=found),
        DONE[switch] % {"name": name},
    )
    return redirect("staff-list")


@access.public
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """An invitation's link: set a password, then sign in with it."""
    if throttle.network_over_limit("invitation", OPENINGS):
        return render(request, "429.html", status=TOO_MANY)
    try:
        return _join(request, staff.find(token), token)
    except DomainError as refusal:
        return _over(request, refusal)


def _join(request: HttpRequest, invitation: Invitation, token: str) -> HttpResponse:
    def save(typed: dict[str, Any]) -> HttpResponse | str:
        try:
            staff.join(invitation=invitation, password=typed["password"])
        except DomainError as refusal:
            return _over(request, refusal)
        flash.success(request, _("Welcome! Sign in with your new password."))
        return "account_login"

    form = JoinForm(request.POST or None, invitation=invitation)
    page = {"invitation": invitation, "token": token}
    return form_page(request, form, "account/invitation.html", save, context=page)


def _over(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    return render(request, "account/invitation_over.html", {"refusal": refusal}, status=GONE)
