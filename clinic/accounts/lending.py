"""A browser that staff put into someone else's hands: signed out, and in again with their word.

While it is lent, its session belongs to nobody, so a page that forgot to ask who is there gives
nothing away. What is kept beside lets its owner come back without signing in from the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import login, logout
from django.utils.crypto import constant_time_compare

from clinic import access
from clinic.accounts import idle
from clinic.accounts.allauth_private import TOTP, record_authentication
from clinic.accounts.second_step import services as second_step

if TYPE_CHECKING:
    from django.http import HttpRequest

    from clinic.models import User

Kept = dict[str, Any]
PASSWORD, APP = "password", "mfa"  # how somebody proved who they are; allauth's names


def lend(request: HttpRequest) -> Kept:
    """Sign out here; the session is new and empty. Returns what `give_back` takes."""
    user = access.user_of(request)
    kept = {
        "user": str(user.pk),
        "hash": user.get_session_auth_hash(),
        "began": request.session.get(idle.BEGAN, 0),
        "second_step": second_step.was_taken(request, user),
    }
    logout(request)
    return kept


def proof(user: User, word: str) -> str:
    """How this word proves that it is the user: their password, or a code of their app; or not."""
    if not user.is_active or not word:
        return ""
    if user.has_usable_password() and user.check_password(word):
        return PASSWORD
    app = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).first()
    if app is not None and TOTP(app).validate_code(word.strip()):
        return APP
    return ""


def give_back(request: HttpRequest, user: User, kept: Kept, how: str) -> None:
    """Sign in the lender of the browser, who has proved it, again under a new session key.

    The twelve hours of a session run from when they first signed in, and the second step they took
    then still counts, unless how they sign in has changed since.
    """
    request.session.flush()
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    same = constant_time_compare(kept["hash"], user.get_session_auth_hash())
    if same and kept["second_step"] and second_step.kinds(user):
        request.session[second_step.TAKEN] = str(user.pk)
    if kept["began"]:
        request.session[idle.BEGAN] = kept["began"]
    UserSession.objects.create_from_request(request)
    record_authentication(request, user, method=how, reauthenticated=True)
