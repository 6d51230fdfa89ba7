"""Who changes how they sign in, or takes all their data with them, says once more who they are.

Within five minutes of saying so nobody asks again (ASVS 5.0 7.5.1).
"""

from __future__ import annotations

from functools import wraps
from time import time
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import get_adapter
from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.utils.translation import gettext as _

from clinic import access, idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    View = Callable[..., HttpResponseBase]


def confirmed(view: View) -> View:
    """Let in who lately gave a password, a code of an app, or a passkey.

    Who has none of these signs in with codes by e-mail; for them a sign-in of this minute is the
    proof, and an older one is ended.
    """
    asking = reauthentication_required(view)

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        user = access.user_of(request)
        if get_adapter().get_reauthentication_methods(user):
            answer: HttpResponseBase = asking(request, *args, **kwargs)
            return answer
        if time() - request.session.get(idle.BEGAN, 0) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT:
            return view(request, *args, **kwargs)
        logout(request)
        messages.info(
            request, _("For your safety, please sign in once more before you change this.")
        )
        return redirect_to_login(request.get_full_path())

    return guarded
