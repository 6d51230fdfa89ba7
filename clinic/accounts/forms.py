"""Requesting a sign-in e-mail, a code or a link: as often as needed, but never too often.

Counted by account and address together. By the account alone, anyone could use up another's
e-mails and so lock them out: most clients have no password.
"""

from __future__ import annotations

from typing import Any

from allauth.account.forms import RequestLoginCodeForm, ResetPasswordForm
from allauth.core import context as allauth_context
from allauth.core import ratelimit
from django import forms
from django.utils.translation import gettext as _

from clinic.web.context import current


class _LimitedMail:
    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        asked = f"{self.cleaned_data['email'].lower()}:{current.get().network}"
        request = allauth_context.request
        # Before what is counted by account: a refused try uses up none of its owner's.
        if not ratelimit.consume(request, action="sign_in_mail", key=asked):
            raise forms.ValidationError(
                _(
                    "We just sent several e-mails to this address. Please check your spam "
                    "folder too, or try again in 15 minutes."
                )
            )
        email: str = super().clean_email()  # type: ignore[misc]
        return email


class RequestCodeForm(_LimitedMail, RequestLoginCodeForm):  # type: ignore[misc]
    pass


class RequestResetForm(_LimitedMail, ResetPasswordForm):  # type: ignore[misc]
    pass
