"""A score for each activity, and room for new ones, in the client's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatment.function import scale
from treatment.function.services import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from treatment.models import Activity

SCORE, TEXT, NEW = "score-%s", "text-%s", "new-%s"
CHOICES = [(str(score), str(score)) for score in range(scale.UNABLE, scale.ABLE + 1)]


class MeasureForm(forms.Form):
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def __init__(self, data: Any, *, asked: Sequence[Activity]) -> None:
        super().__init__(data)
        self.asked = asked
        self.free = range(max(0, scale.MOST - len(asked)))
        for one in asked:
            self.fields[SCORE % one.pk] = _score(one.text, needed=True)
        for place in self.free:
            self.fields[TEXT % place] = _text()
            self.fields[NEW % place] = _score(_("How able are you today?"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for place in self.free:
            text, score = data.get(TEXT % place, ""), data.get(NEW % place, "")
            if text and not score and not self.has_error(NEW % place):
                self.add_error(NEW % place, _("Choose a score for it."))
            if score and not text and not self.has_error(TEXT % place):
                self.add_error(TEXT % place, _("Write what this score is about."))
        return data

    def measured(self) -> dict[str, Any]:
        """As `services.measure` takes it."""
        data = self.cleaned_data
        return {
            "scores": {str(one.pk): int(data[SCORE % one.pk]) for one in self.asked},
            "added": [
                (data[TEXT % place], int(data[NEW % place]))
                for place in self.free
                if data[TEXT % place]
            ],
            "form_token": data["form_token"],
        }

    @property
    def lines(self) -> Iterator[tuple[Activity, forms.BoundField]]:
        return ((one, self[SCORE % one.pk]) for one in self.asked)

    @property
    def new_lines(self) -> Iterator[tuple[forms.BoundField, forms.BoundField]]:
        return ((self[TEXT % place], self[NEW % place]) for place in self.free)


def _score(label: Any, *, needed: bool = False) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=needed,
        choices=CHOICES,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a score from 0 to 10.")},
    )


def _text() -> forms.CharField:
    return forms.CharField(
        label=_("Another activity, in your own words"),
        required=False,
        max_length=LONGEST,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
