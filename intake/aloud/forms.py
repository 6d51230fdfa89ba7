"""What a therapist asks from: consent first, then every question. Nothing is preselected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.models import Guardian
from intake.aloud.questions import SAID
from intake.aloud.services import Signature
from intake.forms import CONTROL
from intake.models import OralScreening
from intake.services import SIGN_FOR_MINORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.forms.boundfield import BoundField

    from intake.aloud.questions import Asked

GOES = (("yes", _("The visit goes ahead today")), ("no", _("The visit does not go ahead")))


class AloudForm(forms.Form):
    consent_how = forms.ChoiceField(
        label=_("How the consent to treatment is signed"),
        choices=OralScreening.How,
        widget=forms.RadioSelect,
        error_messages={"required": _("Have the consent signed first, and say how.")},
    )
    consent_name = forms.CharField(
        label=_("Name of the person signing"),
        max_length=120,
        widget=forms.TextInput({**CONTROL, "autocomplete": "off"}),
        error_messages={"required": _("Type the name of the person who signs the consent.")},
    )
    consent_relationship = forms.ChoiceField(
        label=_("Who signs for the client"),
        choices=[
            (kind.value, kind.label) for kind in Guardian.Relationship if kind in SIGN_FOR_MINORS
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("A parent or legal guardian signs for anyone under 18.")},
    )
    drawing = forms.CharField(required=False, widget=forms.HiddenInput({"data-drawing": ""}))
    goes = forms.ChoiceField(
        label=_("After asking"),
        choices=GOES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether the visit goes ahead.")},
    )
    reason = forms.CharField(
        label=_("Why it was asked aloud, and what you found where an answer was not sure"),
        max_length=2000,
        widget=forms.Textarea({**CONTROL, "rows": 3}),
        error_messages={"required": _("Please give the reason.")},
    )

    def __init__(self, asked: Sequence[Asked], *, minor: bool, data: Any = None) -> None:
        super().__init__(data)
        self.asked = asked
        if not minor:
            del self.fields["consent_relationship"]
        for one in asked:
            self.fields[one.key] = forms.ChoiceField(
                label=one.words,
                choices=SAID,
                widget=forms.RadioSelect,
                error_messages={"required": _("Please ask this, and record the answer.")},
            )
        self.order_fields(
            [
                "consent_how",
                "consent_name",
                "consent_relationship",
                "drawing",
                *[one.key for one in asked],
            ]
        )

    def rows(self) -> list[tuple[Asked, BoundField]]:
        return [(one, self[one.key]) for one in self.asked]

    def record(self) -> dict[str, Any]:
        """For the service."""
        kept = self.cleaned_data
        return {
            "said": {one.key: kept[one.key] for one in self.asked},
            "may_go_ahead": kept["goes"] == "yes",
            "reason": kept["reason"],
            "consent": Signature(
                kept["consent_how"],
                kept["consent_name"],
                kept.get("consent_relationship", ""),
                kept["drawing"],
            ),
        }
