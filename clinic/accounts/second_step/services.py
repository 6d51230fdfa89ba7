"""The second step of signing in: staff must have one, clients may.

Until they take it, staff reach only the pages where it is set up or taken, wherever the
request leads; asking once at sign-in would miss sessions that were already open (ASVS 5.0
6.3.3). In the demo it is optional (`STAFF_TWO_STEP`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import uuid4

from allauth.mfa import signals
from allauth.mfa.models import Authenticator
from allauth.mfa.stages import AuthenticateStage
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic import access
from clinic.accounts import sessions
from clinic.audit import services as audit
from clinic.errors import DomainError
from clinic.messaging import outbox
from clinic.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

TAKEN = "second_step"  # session key: who took a second step in this session
TOTP, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN

ALWAYS = {"account_logout", "stay", "live", "ready", "favicon"}
# For those who have a second step and have not taken it in this session.
TAKE = {"mfa_reauthenticate", "mfa_reauthenticate_webauthn"}
# For those who have none yet. Not removing one: there is nothing to remove.
SET_UP = {
    "mfa_index",
    "mfa_activate_totp",
    "mfa_add_webauthn",
    "account_reauthenticate",
    "reauthenticate-by-code",
}


class OwnSecondStep(DomainError):
    message = gettext_lazy("For your own, use a recovery code, or ask another manager.")


class NoSecondStep(DomainError):
    message = gettext_lazy("No second step is set up for this login.")


def is_required(user: User) -> bool:
    """Whether this login may do nothing without a second step."""
    may_open_settings = user.is_staff or user.is_superuser
    return settings.STAFF_TWO_STEP and (access.works_here(user) or may_open_settings)


def kinds(user: User) -> set[str]:
    """The second steps this login has set up; recovery codes do not count."""
    mine = Authenticator.objects.filter(user=user, type__in=[TOTP, PASSKEY])
    return set(mine.values_list("type", flat=True))


def was_taken(request: HttpRequest, user: User) -> bool:
    return bool(request.session.get(TAKEN) == str(user.pk))


def is_asked(user: User) -> bool:
    """Whether sign-in asks for a second step: for staff, any they have; for clients, their app.

    A client's passkey is an extra way in and must not close the others: no one who lost a phone
    should be kept from their next visit.
    """
    has = kinds(user)
    return bool(has) if access.works_here(user) else TOTP in has


@transaction.atomic
def reset(*, actor: User | None, user: User, reason: str = "") -> None:
    """Remove a lost second step from a login: app, passkeys and recovery codes.

    Its sessions end and an e-mail tells its owner; staff set up a new one at the next sign-in. No
    actor: the operator, by `manage.py reset_two_step`.

    Raises:
        OwnSecondStep, NoSecondStep.
    """
    if actor is not None:
        access.require(actor, access.is_manager)
        if actor.pk == user.pk:
            raise OwnSecondStep
    if not Authenticator.objects.filter(user=user).delete()[0] and actor is not None:
        raise NoSecondStep
    audit.record(actor, "signin.second_step_reset", user, reason=reason)
    sessions.end(actor=actor or user, user=user)
    outbox.queue(
        kind="sign-in",
        key=f"second-step-reset:{uuid4()}",
        recipient=user.email,
        subject=_("Your second step was removed"),
        template="messages/second_step_reset.txt",
        context={"is_required": is_required(user)},
    )


class SecondStep(AuthenticateStage):  # type: ignore[misc]
    def handle(self) -> tuple[HttpResponse | None, bool]:
        if not is_asked(self.login.user):
            return None, True
        answer: tuple[HttpResponse | None, bool] = super().handle()
        return answer


class SecondStepMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Any, _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        name = request.resolver_match.view_name if request.resolver_match else ""
        # No session, no user: visitors cost no query.
        if name in ALWAYS or not request.session.session_key:
            return None
        user = request.user
        if not isinstance(user, User) or not is_required(user) or was_taken(request, user):
            return None
        has = kinds(user)
        request.second_step_missing = True  # type: ignore[attr-defined]  # for the templates
        if name in (TAKE if has else SET_UP):
            return None
        return HttpResponseRedirect(_way(request, has))


def _way(request: HttpRequest, has: set[str]) -> str:
    """To the page that asks for the step, and back from there; or to the one that sets it up."""
    if not has:
        return reverse("mfa_index")
    page = reverse("mfa_reauthenticate" if TOTP in has else "mfa_reauthenticate_webauthn")
    back = request.get_full_path() if request.method == "GET" else reverse("after-login")
    return f"{page}?{urlencode({'next': back})}"


@receiver(signals.authenticator_used)
def used(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    request.session[TAKEN] = str(user.pk)
    audit.record(user, "signin.second_step", user, kind=authenticator.type)


@receiver(signals.authenticator_added)
def added(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Setting one up proves it: a code of the app was typed, or the passkey signed."""
    if authenticator.type in {TOTP, PASSKEY}:
        request.session[TAKEN] = str(user.pk)
    audit.record(user, "signin.second_step_added", user, kind=authenticator.type)


@receiver(signals.authenticator_removed)
def removed(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    if not kinds(user):
        request.session.pop(TAKEN, None)
    audit.record(user, "signin.second_step_removed", user, kind=authenticator.type)


@receiver(signals.authenticator_reset)
def renewed(user: User, authenticator: Authenticator, **_: Any) -> None:
    audit.record(user, "signin.second_step_added", user, kind=authenticator.type)


@receiver(signals.authentication_failed)
def refused(user: User, **_: Any) -> None:
    audit.record(None, "signin.second_step_failed", user)
