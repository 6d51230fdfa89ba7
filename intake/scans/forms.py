"""What is sent with a scan: the files, who signed the paper, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.models import Guardian
from clinic.web.fields import DayField
from intake.scans import door
from intake.services import SIGN_FOR_MINORS

if TYPE_CHECKING:
    from clinic.models import Client


class ScanForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name of the person who signed, as on the paper"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Type the name that is signed on the paper.")},
    )
    relationship = forms.ChoiceField(
        label=gettext_lazy("Who signed?"), widget=forms.RadioSelect, required=False
    )
    signed_on = DayField(
        gettext_lazy("Date on the paper"),
        error_messages={
            "required": gettext_lazy("Please type the date that stands beside the signature.")
        },
    )
    # Generated with the page: the same form sent twice is one scan.
    token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["document"] = door.files().field(
            label=_("PDF or photos"),
            help_text=_("PDF, JPEG, PNG, or HEIC, up to 15 MB each. One photo per page."),
            required=_("Choose a PDF or a photo of the paper form."),
        )
        others = [one for one in Guardian.Relationship if one in SIGN_FOR_MINORS]
        self.fields["relationship"].choices = [  # type: ignore[attr-defined]
            ("", client.name),
            *((one.value, one.label) for one in others),
        ]
        self.order_fields(["document", "relationship", "name", "signed_on", "token"])

    def sent(self) -> dict[str, Any]:
        """The arguments of `services.attach`."""
        data = self.cleaned_data
        return {
            "files": [file.read() for file in data["document"]],
            "token": data["token"],
            "name": data["name"],
            "signed_on": data["signed_on"],
            "relationship": data["relationship"],
        }
