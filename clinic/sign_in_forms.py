"""Asking for a mail that lets one in, a code or a link: often enough, and too often for nobody.

Counted by account and address together. By the account alone, anybody could use up another's
mails and so keep them out: most clients have no password.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context as allauth_context
from allauth.core.internal import ratelimit
from django import forms
from django.utils.translation import gettext as _

from clinic.context import current


class _OftenEnough:
    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        asked = f"{self.cleaned_data['email'].lower()}:{current.get().network}"
        request = allauth_context.request
        # Before what is counted by account: a refused try uses up nothing of its owner's.
        if not ratelimit.consume(request, app="allauth.account", action="sign_in_mail", key=asked):
            raise forms.ValidationError(
                _(
                    "We sent several mails to this address just now. Please look in the spam "
                    "folder too, or try again in a quarter of an hour."
                )
            )
        email: str = super().clean_email()  # type: ignore[misc]
        return email


class RequestCodeForm(_OftenEnough, RequestLoginCodeForm):  # type: ignore[misc]
    pass


class RequestResetForm(_OftenEnough, ResetPasswordForm):  # type: ignore[misc]
    pass
