"""Finding a client."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ClientSearchForm(forms.Form):
    q = forms.CharField(
        label=_("Name, e-mail, phone or date of birth"), max_length=100, required=False, strip=True
    )
