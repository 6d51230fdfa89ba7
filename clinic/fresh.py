"""Whoever takes a whole record away proves once more who they are (ASVS 5.0, chapter 7.5)."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING

from allauth.account.internal.flows import reauthentication
from django.utils.translation import gettext_lazy as _

from clinic import idle
from clinic.errors import DomainError

if TYPE_CHECKING:
    from django.http import HttpRequest

JUST_NOW = 5 * 60  # seconds


class SignInAgain(DomainError):
    code = "sign_in_again"
    message = _(
        "For this you need to have signed in just now. Please sign out, sign in with a new code, "
        "and ask again."
    )


def require(request: HttpRequest) -> None:
    """Somebody who signed in, or confirmed it, within the last five minutes.

    Raises:
        ReauthenticationRequired: allauth asks, then goes on with this very request.
        SignInAgain: there is neither a password nor a second step to ask for.
    """
    if time() - request.session.get(idle.BEGAN, 0) < JUST_NOW:
        return
    if not reauthentication.get_reauthentication_flows(request.user):
        raise SignInAgain
    reauthentication.raise_if_reauthentication_required(request, app="clinic")
