"""What stands at the end of a paper form: who signed it, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from clinic.web.fields import DayField, DayInput
from intake.forms import CONTROL, SignForm

if TYPE_CHECKING:
    from collections.abc import Iterable

    from intake.questionnaire import ConsentText


class PaperSignForm(SignForm):
    paper_signed_on = DayField(
        _("Date on the paper"),
        widget=DayInput(attrs=CONTROL),
        error_messages={"required": _("Please type the date that stands beside the signature.")},
    )

    def __init__(self, texts: Iterable[ConsentText], **kwargs: Any) -> None:
        super().__init__(texts, **kwargs)
        for text in self.texts:
            field = self.fields[f"agree_{text.kind}"]
            field.label = _("Signed on the paper: %(title)s") % {"title": text.title}
            field.error_messages["required"] = _("Without this signature no one may be treated.")
        self.fields["name"].label = _("Name of the person who signed, as on the paper")
        self.fields["name"].help_text = ""
        self.fields["name"].widget.attrs["autocomplete"] = "off"

    def signature(self) -> dict[str, Any]:
        return {**super().signature(), "paper_signed_on": self.cleaned_data["paper_signed_on"]}
