"""The order file of a release: checks only what shows without reading it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.format import us_date
from prescriptions.codes import icd10
from prescriptions.codes.order_file import MAX_SIZE, FileTooLarge, fiscal_year

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

OFFERED = 4  # days to choose from: what is in force, and what comes next


class ReleaseForm(forms.Form):
    file = forms.FileField(
        label=_("Order file"),
        help_text=_("The text file with “order” in its name, such as icd10cm_order_2027.txt."),
        widget=forms.ClearableFileInput(attrs={"accept": ".txt,text/plain"}),
        error_messages={
            "required": _("Choose the order file."),
            "empty": _("This file is empty. Choose the order file."),
        },
    )
    in_force_on = forms.ChoiceField(
        label=_("In force from"),
        help_text=_("Loaded on that day, or at once if it has passed."),
        error_messages={
            "required": _("Choose the day from which its codes are in force."),
            "invalid_choice": _("Choose one of these days."),
        },
    )

    def __init__(self, *args: Any, today: date, newest: date | None = None, **kwargs: Any) -> None:
        """`newest`: since when the release that was loaded last is in force."""
        super().__init__(*args, **kwargs)
        field = self.fields["in_force_on"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [
            ("", _("Choose")),
            *((str(day), _named(day)) for day in days(today, newest)),
        ]

    def clean_file(self) -> UploadedFile:
        sent: UploadedFile = self.cleaned_data["file"]
        if (sent.size or 0) > MAX_SIZE:  # before a byte of it is read
            raise forms.ValidationError(str(FileTooLarge.message))
        return sent

    def sent(self) -> dict[str, Any]:
        """The arguments `services.receive` expects."""
        file = self.cleaned_data["file"]
        return {
            "content": file.read(),
            "file_name": file.name,
            "in_force_on": date.fromisoformat(self.cleaned_data["in_force_on"]),
        }


def days(today: date, newest: date | None) -> list[date]:
    """When releases come into force: from the one that is loaded to the one after today."""
    first = newest or date(today.year - 1, 10, 1)
    found = [first]
    while found[-1] <= today:
        found.append(icd10.next_release(found[-1]))
    return found[-OFFERED:]


def _named(day: date) -> str:
    said = _("%(day)s (codes of %(year)s)")
    return said % {"day": us_date(day), "year": fiscal_year(day)}
