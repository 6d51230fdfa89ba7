"""What a client or the desk sends. Checks only what shows without opening a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.format import us_date
from prescriptions.uploading.uploads import (
    MAX_FILE,
    MAX_PAGES,
    MAX_TOTAL,
    TooLarge,
    TooManyPages,
    TooMuch,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.core.files.uploadedfile import UploadedFile

    from prescriptions.selectors import Card

ACCEPT = (
    "application/pdf,image/jpeg,image/png,image/heic,image/heif,.pdf,.jpg,.jpeg,.png,.heic,.heif"
)


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """One or more files, always as a list."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            super().clean(None, initial)  # raises "required"
        if len(files) > MAX_PAGES:
            raise forms.ValidationError(TooManyPages.message)
        if any((file.size or 0) > MAX_FILE for file in files):
            raise forms.ValidationError(TooLarge.message)
        if sum(file.size or 0 for file in files) > MAX_TOTAL:  # before reading any of them
            raise forms.ValidationError(TooMuch.message)
        return list(files)


class UploadForm(forms.Form):
    document = ManyFilesField(
        label=_("PDF or photos"),
        help_text=_("PDF, JPEG, PNG, or HEIC, up to 15 MB each. You can send one photo per page."),
        error_messages={"required": _("Choose a PDF or a photo of your prescription.")},
        widget=ManyFilesInput(attrs={"accept": ACCEPT, "multiple": True}),
    )
    note = forms.CharField(
        label=_("Anything we should know?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    # Generated with the page, so resending after a lost connection is not a second upload.
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    def sent(self) -> dict[str, Any]:
        """The arguments `receiving.receive` expects."""
        return {
            "files": [file.read() for file in self.cleaned_data["document"]],
            "note": self.cleaned_data["note"],
            "token": self.cleaned_data["token"] or uuid4(),
        }


class DeskUploadForm(UploadForm):
    """A paper at the desk: a new one, or the better copy we asked for."""

    NEW = "new"
    field_order = ("answers", "document", "note", "token")
    answers = forms.ChoiceField(
        label=_("What is it?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Say whether this is a new prescription or the copy we asked for.")
        },
    )

    def __init__(self, *args: Any, asked: Sequence[Card] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked = {str(card.prescription.pk): card.prescription for card in asked}
        if not asked:
            del self.fields["answers"]
            return
        field = self.fields["answers"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            (self.NEW, _("A new prescription")),
            *((str(card.prescription.pk), _better_copy(card)) for card in asked),
        ]

    def sent(self) -> dict[str, Any]:
        """With the prescription this answers, if any."""
        answers = self.asked.get(self.cleaned_data.get("answers", self.NEW))
        return {**super().sent(), "answers": answers}


def _better_copy(card: Card) -> str:
    text = _("A better copy of the one sent on %(day)s (%(reason)s)")
    reason = card.asked.get_reason_display() if card.asked else _("asked about")
    return text % {"day": us_date(card.prescription.created_at), "reason": reason}
