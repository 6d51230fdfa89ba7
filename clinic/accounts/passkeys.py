from __future__ import annotations

from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.utils.translation import gettext_lazy as _


class AddPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    name = forms.CharField(
        label=_("What should we call it?"),
        required=False,
        max_length=60,
        help_text=_("So you can tell it apart from the others, such as “My phone”."),
    )
    passwordless = forms.BooleanField(
        label=_("Sign in with it alone, without a password"),
        required=False,
        initial=True,
        help_text=_(
            "It then asks for your fingerprint, face or PIN. Uncheck this for a security key "
            "that has none."
        ),
    )
