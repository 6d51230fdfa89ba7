"""Shape of input only: one of the clinic's stretches and habits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from treatment.models import Exercise
from treatment.selfcare import drawings, regions

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Exercise]
else:
    ModelForm = forms.ModelForm

LONGEST_STEPS, MOST_STEPS = 2000, 12
STOP = _("Stop and call us if it hurts more, or if something tingles or goes numb.")


class ExerciseForm(ModelForm):
    steps = forms.CharField(
        label=_("Steps"),
        max_length=LONGEST_STEPS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("One step on each line, in short sentences."),
    )
    stop = forms.CharField(
        label=_("When to stop, and whom to tell"),
        max_length=600,
        initial=STOP,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Name the signs for which somebody should call 911, if there are any."),
    )
    regions = forms.MultipleChoiceField(
        label=_("Parts of the body"),
        required=False,
        choices=list(regions.LABELS.items()),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It is offered first where one of these is to be treated."),
    )
    drawing = forms.ChoiceField(
        label=_("Drawing"),
        required=False,
        choices=[("", _("None")), *drawings.LABELS.items()],
    )

    class Meta:
        model = Exercise
        fields = ("title", "purpose", "steps", "amount", "stop", "regions", "drawing")
        labels = {
            "title": _("Title"),
            "purpose": _("What it is for"),
            "amount": _("How long, how often"),
        }
        help_texts = {"purpose": _("Promise no cure, and name no disease.")}

    def clean_steps(self) -> str:
        """One a line, without empty ones."""
        lines = [" ".join(line.split()) for line in self.cleaned_data["steps"].splitlines()]
        kept = [line for line in lines if line]
        if len(kept) > MOST_STEPS:
            raise forms.ValidationError(
                _("Write at most %(most)d steps; these are %(count)d."),
                params={"most": MOST_STEPS, "count": len(kept)},
            )
        return "\n".join(kept)


class NewExerciseForm(ExerciseForm):
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)

    def own_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ExerciseForm.Meta.fields}
