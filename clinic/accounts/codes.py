"""E-mailed codes, typed into the page that asked for them.

A code belongs to one session, login and purpose. Only a keyed hash of it is kept, for as
long as a sign-in code is valid, for three tries and one use.
"""

from __future__ import annotations

from dataclasses import dataclass
from secrets import token_hex
from time import time
from typing import TYPE_CHECKING, Any

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.errors import DomainError
from clinic.web import cache

if TYPE_CHECKING:
    from django.http import HttpRequest

SALT = "clinic.codes"
GOOD_FOR: int = settings.ACCOUNT_LOGIN_BY_CODE_TIMEOUT  # seconds
TRIES: int = app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS


class WrongCode(DomainError):
    message = _("That is not the code from the latest e-mail. Please check it again.")


class CodeOver(DomainError):
    message = _("This code no longer works. Please send a new one.")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A code that was sent and not entered yet."""

    id: str
    about: str
    is_over: bool


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "spellcheck": "false"}),
    )


def make(request: HttpRequest, purpose: str, *, about: str = "") -> str:
    """A new code to send; the previous one is void."""
    code: str = get_adapter().generate_login_code()
    request.session[_key(purpose)] = {
        "id": token_hex(8),
        "user": str(access.user_of(request).pk),
        "about": about,
        "at": int(time()),
        "tries": 0,
        "hash": _hash(request, purpose, about, code),
    }
    return code


def waiting(request: HttpRequest, purpose: str) -> Waiting | None:
    kept = _kept(request, purpose)
    if kept is None:
        return None
    return Waiting(id=kept["id"], about=kept["about"], is_over=_is_over(kept))


def check(request: HttpRequest, purpose: str, typed: str) -> None:
    """Return if the code is right, which uses it up; each try counts.

    Raises:
        WrongCode: with tries left.
        CodeOver: used, expired, or tried too often.
    """
    kept = _kept(request, purpose)
    if kept is None or _is_over(kept):
        raise CodeOver
    # Also counted in the cache: many guesses at once would each see the old session.
    tries = max(kept["tries"] + 1, cache.count(f"code:{kept['id']}", GOOD_FOR))
    request.session[_key(purpose)] = kept | {"tries": tries}
    right = constant_time_compare(kept["hash"], _hash(request, purpose, kept["about"], typed))
    if tries > TRIES or (tries == TRIES and not right):
        raise CodeOver
    if not right:
        raise WrongCode
    drop(request, purpose)


def drop(request: HttpRequest, purpose: str) -> None:
    request.session.pop(_key(purpose), None)


def _key(purpose: str) -> str:
    return f"code:{purpose}"


def _kept(request: HttpRequest, purpose: str) -> dict[str, Any] | None:
    kept: dict[str, Any] | None = request.session.get(_key(purpose))
    return kept if kept and kept["user"] == str(access.user_of(request).pk) else None


def _is_over(kept: dict[str, Any]) -> bool:
    return bool(kept["tries"] >= TRIES or time() - kept["at"] >= GOOD_FOR)


def _hash(request: HttpRequest, purpose: str, about: str, code: str) -> str:
    what = (purpose, str(access.user_of(request).pk), about, _letters(code))
    return salted_hmac(SALT, "\n".join(what), algorithm="sha256").hexdigest()


def _letters(code: str) -> str:
    """Without the dashes and spaces that make a code easier to read, and in lower case."""
    return "".join(sign for sign in code.lower() if sign.isalnum())
