"""Staff, for managers; and the page behind the link of an invitation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, staff, throttle, two_step
from clinic.errors import DomainError
from clinic.models import Invitation
from clinic.staff_forms import InviteForm, JoinForm, PersonForm

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

OPENINGS = 60  # of invitations' links by one network in ten minutes
GONE, TOO_MANY = 410, 429


@access.manager
@require_safe
def staff_list(request: HttpRequest) -> HttpResponse:
    page = {"colleagues": staff.colleagues(), "invitations": staff.open_invitations()}
    return render(request, "desk/staff.html", page)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None)
    if form.is_valid():
        try:
            staff.invite(actor=access.user_of(request), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error("email", str(refusal.message))
        else:
            flash.success(request, _("Invited. The link in the mail is good for seven days."))
            return redirect("staff-list")
    status = 422 if form.is_bound else 200
    return render(request, "desk/staff_invite.html", {"form": form}, status=status)


@access.manager
@require_POST
def invite_again(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        staff.invite_again(actor=access.user_of(request), invitation=invitation)
        flash.success(request, _("A new link is on its way; the old one opens nothing any more."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("staff-list")


@access.manager
@require_POST
def withdraw(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    try:
        staff.withdraw(actor=access.user_of(request), invitation=invitation)
        flash.success(request, _("The invitation is withdrawn; its link opens nothing any more."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("staff-list")


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, user_id: UUID) -> HttpResponse:
    """What a colleague is called and may do."""
    found = get_object_or_404(staff.colleagues(), pk=user_id)
    form = PersonForm(
        request.POST or None, initial={"name": found.display_name, "role": found.role}
    )
    if form.is_valid():
        try:
            staff.change(actor=access.user_of(request), user=found, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error("role", str(refusal.message))
        else:
            flash.success(request, _("Saved. It holds from their next click on."))
            # Whoever gave their own role away may not see the list any more.
            return redirect("after-login" if found == request.user else "staff-list")
    page = {"form": form, "person": found, "second_step": bool(two_step.kinds(found))}
    return render(request, "desk/staff_person.html", page, status=422 if form.is_bound else 200)


@access.manager
@require_POST
def set_active(request: HttpRequest, user_id: UUID) -> HttpResponse:
    found = get_object_or_404(staff.colleagues(), pk=user_id)
    name = found.display_name or found.email
    try:
        if request.POST.get("active") == "yes":
            staff.activate(actor=access.user_of(request), user=found)
            said = _("%(name)s can sign in again.")
        else:
            staff.deactivate(actor=access.user_of(request), user=found)
            said = _("%(name)s is signed out everywhere and cannot sign in any more.")
        flash.success(request, said % {"name": name})
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("staff-list")


@access.public
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, token: str) -> HttpResponse:
    """The link of an invitation: set a password, then sign in with it."""
    if throttle.crowded_here("invitation", OPENINGS):
        return render(request, "429.html", status=TOO_MANY)
    try:
        invitation = staff.find(token)
        form = JoinForm(request.POST or None, invitation=invitation)
        if form.is_valid():
            staff.join(invitation=invitation, password=form.cleaned_data["password"])
            flash.success(request, _("Welcome! Sign in with your new password."))
            return redirect("account_login")
    except DomainError as refusal:
        over = {"refusal": refusal}
        return render(request, "account/invitation_over.html", over, status=GONE)
    page = {"form": form, "invitation": invitation, "token": token}
    return render(request, "account/invitation.html", page, status=422 if form.is_bound else 200)
