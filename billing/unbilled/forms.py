from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import OF_A_VISIT

MOST = 100  # documents at once: two of each visit of a page, and room to spare


class IssueForm(forms.Form):
    """Which documents to issue: "receipt:<visit>"."""

    what = forms.Field(
        label=_("Documents to issue"),
        widget=forms.MultipleHiddenInput,
        error_messages={"required": _("Tick what to issue, then press the button again.")},
    )

    def clean_what(self) -> list[tuple[str, UUID]]:
        typed: Any = self.cleaned_data["what"]
        if len(typed) > MOST:
            raise forms.ValidationError(_("Issue at most 100 documents at once."))
        return [_read(one) for one in dict.fromkeys(typed)]


def _read(text: str) -> tuple[str, UUID]:
    kind, _colon, visit = text.partition(":")
    try:
        pk = UUID(visit)
    except ValueError:
        pk = None
    if kind not in OF_A_VISIT or pk is None:
        raise forms.ValidationError(_("Open this list again, and tick what to issue."))
    return kind, pk
