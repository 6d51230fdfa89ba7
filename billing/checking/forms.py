"""What someone who holds a document types, and the file, if they have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

MAX_SIZE = 25 * 1024 * 1024  # a packet of a year has a tenth of it


class VerifyForm(forms.Form):
    number = forms.CharField(label=_("Number"), max_length=16)
    code = forms.CharField(label=_("Verification code"), max_length=20)
    file = forms.FileField(
        label=_("Compare the file (optional)"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": ".pdf,application/pdf"}),
    )
    # In place of the file, from a browser that took it itself.
    sha256 = forms.RegexField(r"^[0-9a-f]{64}$", required=False, widget=forms.HiddenInput)

    def clean_code(self) -> str:
        text = "".join(c for c in self.cleaned_data["code"].upper() if c.isalnum())
        return "-".join(text[place : place + 4] for place in range(0, len(text), 4))

    def clean_file(self) -> UploadedFile | None:
        sent: UploadedFile | None = self.cleaned_data["file"]
        if sent and (sent.size or 0) > MAX_SIZE:
            text = _("This file is larger than 25 MB, so it is none of ours. Choose another one.")
            raise forms.ValidationError(text)
        return sent

    def fingerprint(self) -> str:
        """The SHA-256 of the file; blank without one."""
        sent = self.cleaned_data["file"]
        return getattr(sent, "sha256", "") or self.cleaned_data["sha256"]
