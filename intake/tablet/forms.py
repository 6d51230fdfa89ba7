"""What staff type to take the tablet back."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class UnlockForm(forms.Form):
    word = forms.CharField(
        label=_("Your password, or a code of your app"),
        strip=False,
        max_length=200,
        widget=forms.PasswordInput({"class": "form-control", "autocomplete": "off"}),
        error_messages={"required": _("Type your password, or the six digits of your app.")},
    )
