"""Audits sign-ins and failed tries. Connected by `ClinicConfig.ready`.

The framework reports these only by signal; ours use none (docs/adr/0001).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.signals import (
    authentication_step_completed,
    password_changed,
    password_reset,
    password_set,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.dispatch import receiver

from clinic.accounts import sessions
from clinic.audit import services as audit
from clinic.models import User

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest


@receiver(user_logged_in)
def signed_in(user: User, **_: Any) -> None:
    audit.record(user, "signin.succeeded", user)


@receiver(user_logged_out)
def signed_out(user: User | None, **_: Any) -> None:
    if isinstance(user, User):
        audit.record(user, "signin.ended", user)


@receiver(user_login_failed)
def refused(credentials: Mapping[str, Any], **_: Any) -> None:
    """Which login was tried, if there is one. What was typed is never kept."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    known = User.objects.filter(email=typed.strip().lower()).first()
    audit.record(None, "signin.failed", known or User)


@receiver(authentication_step_completed)
def confirmed(
    request: HttpRequest, user: User, method: str, *, reauthenticated: bool = False, **_: Any
) -> None:
    """A reauthentication; a second step reports itself (`two_step.used`)."""
    if not reauthenticated:
        return
    sessions.renew(request)
    if method != "mfa":
        audit.record(user, "signin.confirmed", user, kind=method)


@receiver([password_changed, password_reset, password_set])
def password(request: HttpRequest, user: User, **_: Any) -> None:
    """Anyone with the old one is signed out; the session that changed it stays."""
    audit.record(user, "signin.password_changed", user)
    sessions.end(actor=user, user=user, keep=request.session.session_key)
