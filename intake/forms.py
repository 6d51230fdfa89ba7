"""Input parsing only: text into answers. questionnaire.py decides what an answer may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic import body
from clinic.ids.phone import Phone
from clinic.models import Guardian
from clinic.web.fields import PhoneField
from intake import questionnaire
from intake.models import Clearance
from intake.services import SIGN_FOR_MINORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from django.forms.boundfield import BoundField

    from intake.questionnaire import ConsentText, Question, Section

REQUIRED = _("Please answer this.")
CONTROL = {"class": "form-control"}


class DatedListWidget(forms.Widget):
    """Rows of what and when; the rows are always there, so no script is needed to add one."""

    template_name = "intake/widgets/dated_list.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        rows = list(value or []) + [{}] * questionnaire.LIST_ROWS
        context["rows"] = rows[: questionnaire.LIST_ROWS]
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        rows = [
            {
                "what": data.get(f"{name}-{place}-what", "").strip(),
                "date": data.get(f"{name}-{place}-date", "").strip(),
            }
            for place in range(questionnaire.LIST_ROWS)
        ]
        return [row for row in rows if any(row.values())]

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-0-what"


class DatedListField(forms.Field):
    widget = DatedListWidget

    def to_python(self, value: Any) -> list[dict[str, str]]:
        for row in value or []:
            if row["date"]:
                row["date"] = _iso(row["date"])
        return value or []


def _iso(text: str) -> str:
    try:
        return forms.DateField().to_python(text).isoformat()  # type: ignore[union-attr]
    except ValidationError as error:
        message = _("Please enter each date as month/day/year, such as 03/15/2024.")
        raise ValidationError(message) from error


def field_for(question: Question) -> forms.Field:
    """The field that asks a question. Nothing is required here: `SectionForm.clean` decides."""
    field: forms.Field
    match question.type:
        case "long_text":
            field = forms.CharField(widget=forms.Textarea({**CONTROL, "rows": 3}))
        case "phone":
            field = PhoneField()
            field.widget.attrs |= {**CONTROL, "autocomplete": "off"}
        case "choice" | "yes_no" | "yes_no_unsure":
            field = forms.ChoiceField(choices=question.options, widget=forms.RadioSelect)
        case "choices":
            widget = forms.CheckboxSelectMultiple
            field = forms.MultipleChoiceField(choices=question.options, widget=widget)
        case "scale":
            steps = [(step, str(step)) for step in range(questionnaire.SCALE_MAX + 1)]
            field = forms.TypedChoiceField(
                choices=steps, coerce=int, empty_value=None, widget=forms.RadioSelect
            )
        case "number":
            field = forms.IntegerField(widget=forms.TextInput({**CONTROL, "inputmode": "numeric"}))
        case "dated_list":
            field = DatedListField()
        case "agree":
            field = forms.BooleanField()
        case _:
            field = forms.CharField(widget=forms.TextInput(CONTROL))
    field.required = False
    field.label = question.label
    field.help_text = question.help
    return field


class SectionForm(forms.Form):
    """One section. `strict`: what is required must be there (the Next button)."""

    def __init__(
        self,
        section: Section,
        answers: Mapping[str, Any],
        *,
        today: date,
        data: Any = None,
        strict: bool = False,
    ) -> None:
        super().__init__(data, initial=dict(answers))
        self.section = section
        self.stored = answers
        self.today = today
        self.strict = strict
        for question in section.questions:
            self.fields[question.id] = field_for(question)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        so_far = dict(self.stored)
        for question in self.section.questions:
            value = _plain(cleaned.get(question.id))
            so_far[question.id] = value
            if question.id in self.errors:
                continue
            if value is None:
                if self.strict and question.required and question.applies(so_far):
                    self.add_error(question.id, ValidationError(REQUIRED, code="required"))
            elif wrong := questionnaire.problem(question, value, today=self.today):
                self.add_error(question.id, ValidationError(wrong, code="invalid"))
        return cleaned

    def answers(self) -> dict[str, Any]:
        """What may be saved: an empty answer is None; an invalid one is left out."""
        kept = {
            question.id: _plain(self.cleaned_data[question.id])
            for question in self.section.questions
            if question.id in self.cleaned_data
        }
        emptied = [key for key in self.fields if self.has_error(key, "required")]
        return kept | dict.fromkeys(emptied)

    def marks(self) -> list[body.Mark] | None:
        return None

    def rows(self) -> list[tuple[Question, BoundField]]:
        return [(question, self[question.id]) for question in self.section.questions]


def _plain(value: Any) -> Any:
    """A cleaned value as it is stored: JSON, and None for nothing."""
    if value is None or value is False or value in ("", [], Phone()):
        return None
    return value.stored if isinstance(value, Phone) else value


class BodyMapForm(forms.Form):
    """The body map as a list: a checkbox, a kind of pain and a strength for each area."""

    def __init__(
        self,
        section: Section,
        marks: Iterable[body.Mark],
        *,
        data: Any = None,
    ) -> None:
        super().__init__(data)
        self.section = section
        given = {mark.key: mark for mark in marks}
        strengths = [(step, str(step)) for step in range(body.WORST + 1)]
        for place in body.places():
            mark = given.get(place.key)
            self.fields[place.key] = forms.BooleanField(
                required=False, label=place.label, initial=mark is not None
            )
            self.fields[f"{place.key}-type"] = forms.ChoiceField(
                required=False,
                label=_("Kind of pain"),
                choices=body.PainType.choices,
                initial=mark.pain_type if mark else body.PainType.ACHE,
                widget=forms.Select({"class": "form-select"}),
            )
            self.fields[f"{place.key}-strength"] = forms.TypedChoiceField(
                required=False,
                label=_("Strength, 0 to 10"),
                choices=strengths,
                coerce=int,
                empty_value=str(body.DEFAULT_INTENSITY),
                initial=mark.intensity if mark else body.DEFAULT_INTENSITY,
                widget=forms.Select({"class": "form-select"}),
            )

    def answers(self) -> dict[str, Any]:
        return {}

    def marks(self) -> list[body.Mark]:
        kept = self.cleaned_data
        return [
            body.Mark(
                place.key,
                kept.get(f"{place.key}-type") or body.PainType.ACHE,
                int(kept.get(f"{place.key}-strength", body.DEFAULT_INTENSITY)),
            )
            for place in body.places()
            if kept.get(place.key)
        ]

    def views(self) -> list[dict[str, Any]]:
        """Front and back, each with its areas and their three fields."""
        return [
            {
                "id": view,
                "title": title,
                "places": [
                    {
                        "place": place,
                        "tick": self[place.key],
                        "type": self[f"{place.key}-type"],
                        "strength": self[f"{place.key}-strength"],
                    }
                    for place in body.places()
                    if place.view == view
                ],
            }
            for view, title in ((body.FRONT, _("Front")), (body.BACK, _("Back")))
        ]


class SignForm(forms.Form):
    """A checkbox for each required text, and the typed name."""

    relationship = forms.ChoiceField(
        label=_("I am the client's"),
        choices=[
            (kind.value, kind.label) for kind in Guardian.Relationship if kind in SIGN_FOR_MINORS
        ],
        widget=forms.RadioSelect,
    )
    name = forms.CharField(
        label=_("Your full name"),
        max_length=120,
        widget=forms.TextInput({**CONTROL, "autocomplete": "name"}),
        help_text=_("Typing your name here is your signature."),
        error_messages={"required": _("Please type your full name to sign.")},
    )

    def __init__(
        self, texts: Iterable[ConsentText], *, minor: bool, data: Any = None, relationship: str = ""
    ) -> None:
        super().__init__(data, initial={"relationship": relationship})
        self.texts = [text for text in texts if text.required]
        for text in self.texts:
            label = _("I have read this and agree: %(title)s") % {"title": text.title}
            self.fields[f"agree_{text.kind}"] = forms.BooleanField(
                label=label, error_messages={"required": _("We need your agreement to treat you.")}
            )
        if not minor:
            del self.fields["relationship"]
        self.order_fields([f"agree_{text.kind}" for text in self.texts])

    def rows(self) -> list[tuple[ConsentText, BoundField]]:
        return [(text, self[f"agree_{text.kind}"]) for text in self.texts]

    def signature(self) -> dict[str, Any]:
        kept = self.cleaned_data
        return {
            "name": kept["name"],
            "relationship": kept.get("relationship", ""),
            "agreed": [text.kind for text in self.texts if kept[f"agree_{text.kind}"]],
        }


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(
        label=_("Decision"), choices=Clearance.Decision.choices, widget=forms.RadioSelect
    )
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("What you asked or read: the signed document, its date, who signed it."),
        widget=forms.Textarea({**CONTROL, "rows": 4}),
        max_length=4000,
    )
    # The newest decision on screen: a colleague's newer one is not overridden unseen.
    after = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, blocked: bool, **kwargs: Any) -> None:
        """`blocked`: these answers cannot be cleared."""
        super().__init__(*args, **kwargs)
        self.blocked = blocked

    def decisions(self) -> list[Any]:
        """The choices to offer; the service refuses the others."""
        return [
            option
            for option in self["decision"]
            if not self.blocked or option.data["value"] == Clearance.Decision.REFUSED
        ]
