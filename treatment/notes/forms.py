from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatment.notes import content, phrases
from treatment.notes.content import NOT_SAID, SCORES, SECTIONS, Kind
from treatment.notes.services import mark_of, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from treatment.models import Phrase, TreatmentNote
    from treatment.notes.content import Field, Section

SCORE_CHOICES = [(one, _("Not said") if one == NOT_SAID else one) for one in SCORES]
SEEN = "seen-%s"
TOO_LONG = _("Write at most %(limit_value)d characters; this is %(show_value)d.")


class NoteForm(forms.Form):
    """All fields of a draft. Each carries the mark of what it said when the page was opened."""

    def __init__(
        self,
        *args: Any,
        fields: Sequence[Field],
        said: Mapping[str, str],
        last: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.note_fields, self.said, self.last = fields, said, last
        self.last_note: TreatmentNote | None = None
        self.phrases: Mapping[str, Sequence[Phrase]] = {}  # by field, of who writes
        self.settled: set[str] = set()  # kept, or somebody was told why not
        self.marks = {field.name: mark_of(said.get(field.name, "")) for field in fields}
        for field in fields:
            self.fields[field.name] = _made(field, said.get(field.name, ""))

    def seen(self, name: str) -> str:
        """The mark of what the field said when this window was opened."""
        return str(self.data.get(SEEN % name, "")) or self.marks[name]

    def is_changed_here(self, name: str) -> bool:
        return mark_of(tidy(str(self.data.get(name, "")))) != self.seen(name)

    def show_again(self, said: Mapping[str, str]) -> None:
        """With what was typed here; what this window did not touch is shown as it is now."""
        self.said = said
        data: dict[str, Any] = dict(self.data.items())
        for name in self.marks:
            now = said.get(name, "")
            if not self.is_changed_here(name):
                data[name] = now
            elif name not in self.settled:
                self.marks[name] = self.seen(name)
                continue
            self.marks[name] = mark_of(now)
        self.data = data

    @property
    def sections(self) -> Iterator[tuple[Section, list[dict[str, Any]]]]:
        changed = content.changed(self.note_fields, self.said, self.last)
        for section in SECTIONS:
            lines = [
                {
                    "bound": self[field.name],
                    "field": field,
                    "seen_name": SEEN % field.name,
                    "seen": self.marks[field.name],
                    "last": content.spoken(field, self.last.get(field.name, "")),
                    "is_changed": field.name in changed,
                    "phrases": self.phrases.get(field.name, ()),
                }
                for field in self.note_fields
                if field.section == section
            ]
            if lines:
                yield section, lines


def _made(field: Field, value: str) -> forms.Field:
    if field.kind == Kind.WORDS:
        attrs = {"rows": 2, "class": "form-control", "data-note": "", "autocapitalize": "sentences"}
        return forms.CharField(
            label=field.label,
            required=False,
            max_length=content.LONGEST,
            initial=value,
            widget=forms.Textarea(attrs=attrs),
            error_messages={"max_length": TOO_LONG},
        )
    choices = SCORE_CHOICES if field.kind == Kind.SCORE else list(field.choices)
    return forms.ChoiceField(
        label=field.label,
        required=False,
        choices=choices,
        initial=value,
        widget=forms.RadioSelect(attrs={"data-note": ""}),
    )


class PhraseForm(forms.Form):
    """The words of one phrase; with several on a page, each has ids of its own."""

    text = forms.CharField(
        label=_("Phrase"),
        max_length=phrases.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write the phrase."), "max_length": TOO_LONG},
    )

    def __init__(self, *args: Any, phrase: Phrase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.auto_id, self.phrase = f"id_{phrase.pk}_%s", phrase


class NewPhraseForm(forms.Form):
    field = forms.ChoiceField(
        label=_("For which field"),
        choices=[(field.name, field.label) for field in phrases.FIELDS.values()],
    )
    text = forms.CharField(
        label=_("Phrase"),
        max_length=phrases.LONGEST,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write the phrase."), "max_length": TOO_LONG},
    )


class AddendumForm(forms.Form):
    text = forms.CharField(
        label=_("Addendum"),
        max_length=content.LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Write what you want to add."), "max_length": TOO_LONG},
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
