"""Checks only the shape of input; `elements.problems` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from clinic import body
from clinic.dates import day_or_none
from clinic.ids import npi
from prescriptions import areas
from prescriptions.codes import icd10
from prescriptions.elements import Elements
from prescriptions.fields import day_field
from prescriptions.models import Prescription, ReviewDecision
from prescriptions.reading import sig, words
from prescriptions.reading.credentials import CREDENTIALS
from prescriptions.reviewing import rules

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django_stubs_ext import StrOrPromise

    from prescriptions.reading.proposals import Found


class ReviewForm(forms.Form):
    """The prescription as the reviewer reads it. Field names are those of `elements.Elements`."""

    reason = forms.CharField(
        label=_("Reason for medical necessity"), required=False, max_length=300
    )
    order_text = forms.CharField(
        label=_("Number, frequency, duration"), required=False, max_length=200
    )
    issued_on = day_field(_("Written on"))
    starts_on = day_field(_("Valid from, if later"))
    visits = forms.IntegerField(label=_("Visits"), required=False)
    through_on = day_field(_("Last day"))
    modality = forms.ChoiceField(
        label=_("Modality"),
        required=False,
        choices=[("", _("Choose")), *Prescription.Modality.choices],
    )
    codes = forms.CharField(
        label=_("Diagnosis codes"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
    )
    prescriber_name = forms.CharField(label=_("Prescriber"), required=False, max_length=120)
    prescriber_credential = forms.ChoiceField(
        label=_("Credential"),
        required=False,
        choices=[("", _("Choose")), *((name, name) for name in CREDENTIALS)],
    )
    prescriber_npi = forms.CharField(
        label="NPI",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    prescriber_phone = forms.CharField(label=_("Practice phone"), required=False, max_length=30)
    is_legible = forms.BooleanField(label=_("Every page can be read"), required=False)
    is_this_person = forms.BooleanField(label=_("Name and date of birth match"), required=False)
    is_signed = forms.BooleanField(label=_("Signed and dated by the prescriber"), required=False)
    is_authorized = forms.BooleanField(label=_("Authorized by the payer"), required=False)
    regions = forms.MultipleChoiceField(
        label=_("Treatment area"),
        required=False,
        choices=[(place.key, place.label) for place in body.places()],
        widget=forms.CheckboxSelectMultiple,
    )

    # Codes that the prescriber's office was asked about: ticked where the code is judged.
    confirmed = forms.Field(
        label=_("Newer codes confirmed"), required=False, widget=forms.MultipleHiddenInput
    )

    nothing_read = False  # no text to propose anything from
    reads_pictures = True  # whether this machine can

    @classmethod
    def proposing(cls, found: Mapping[str, Found]) -> ReviewForm:
        """Prefill from the document; each field says which words it came from."""
        initial: dict[str, Any] = {field: one.value for field, one in found.items()}
        if "regions" in initial:
            initial["regions"] = initial["regions"].split()
        worked_out = _worked_out(initial)
        if "through_on" in worked_out and "through_on" in initial:
            # An earlier end date written by the prescriber wins; both are ISO dates.
            worked_out["through_on"] = min(worked_out["through_on"], initial["through_on"])
        form = cls(initial=initial | worked_out)
        form.explain(found)
        return form

    def explain(self, found: Mapping[str, Found]) -> None:
        """Say below each field which words were read for it, whatever it holds now."""
        self.nothing_read = not found
        self.reads_pictures = words.tesseract() is not None
        sources = {field: (one, False) for field, one in found.items()}
        if order := found.get("order_text"):
            worked_out = _worked_out({field: one.value for field, one in found.items()})
            written = found["through_on"].value if "through_on" in found else ""
            for field, value in worked_out.items():
                if field != "through_on" or not written or value < written:
                    sources[field] = (order, True)
        for field, (one, worked) in sources.items():
            context = {"found": one, "worked_out": worked, "label": self.fields[field].label}
            said = render_to_string("prescriptions/reviewing/_read_from.html", context)
            self.fields[field].help_text = mark_safe(said.strip())  # noqa: S308 - a template escaped it

    @classmethod
    def checking(cls, reading: Mapping[str, Any]) -> ReviewForm:
        """Prefill with what the first person read; the second checks it against the paper."""
        kept = {name: value for name, value in reading.items() if name not in rules.REVIEWER_CHECKS}
        return cls(initial=kept | {"codes": ", ".join(kept.get("codes", []))})

    def with_proposal(self) -> ReviewForm:
        """What was typed, with visits and last day calculated from the order's words."""
        typed: dict[str, Any] = dict(self.data.items())
        typed["regions"] = self["regions"].value()
        typed["confirmed"] = self["confirmed"].value()
        return ReviewForm(initial=typed | _worked_out(typed))

    def elements(self) -> Elements:
        """What was typed, where it has the right shape."""
        read = dict(self.cleaned_data)
        read["codes"] = tuple(icd10.split(read.get("codes", "")))
        read["prescriber_npi"] = npi.tidy(read.get("prescriber_npi", ""))
        read["starts_on"] = read.get("starts_on") or read.get("issued_on")
        read["regions"] = tuple(read.get("regions", ()))
        read["confirmed"] = tuple(icd10.tidy(code) for code in read.get("confirmed") or ())
        return Elements(**read)

    def current_elements(self) -> Elements:
        """What the form shows, submitted or not."""
        shown = self if self.is_bound else ReviewForm(self.initial)
        shown.is_valid()
        return shown.elements()

    def checks(self, *, claim: bool) -> list[forms.BoundField]:
        return [
            self[name] for name in (*rules.REVIEWER_CHECKS, *(["is_authorized"] if claim else []))
        ]

    def areas(self) -> Iterator[tuple[StrOrPromise, list[Any]]]:
        """The checkboxes for treatment areas, by side of the body."""
        ticks = {tick.data["value"]: tick for tick in self["regions"].subwidgets}
        for view, title in areas.VIEWS:
            yield title, [ticks[place.key] for place in body.places() if place.view == view]

    def chosen_places(self) -> list[body.Place]:
        return areas.known(self["regions"].value() or [])

    def show(self, problems: Mapping[str, list[str]]) -> None:
        for field, texts in problems.items():
            self.add_error(field, texts)


class PolicyForm(forms.Form):
    needed = forms.BooleanField(
        label=_("A second person must agree when a claim is billed"), required=False
    )
    request_days = forms.IntegerField(
        label=_("Days a link to a prescriber stays valid"), min_value=1, max_value=60
    )


class RefusalForm(forms.Form):
    """Why it cannot be approved. The reason is coded; the note is for this client."""

    refusal = forms.ChoiceField(
        label=_("What is wrong"),
        choices=[("", _("Choose")), *ReviewDecision.Reason.choices],
        error_messages={"required": _("Choose what is wrong.")},
    )
    note = forms.CharField(
        label=_("Note to the client"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown after sign-in, never in the e-mail."),
    )


def _worked_out(typed: Mapping[str, str]) -> dict[str, str]:
    """Visits and last day of the typed order, when it has both a start and an end."""
    start = day_or_none(typed.get("starts_on") or typed.get("issued_on"))
    read = sig.read(typed.get("order_text", ""), start) if start else None
    if not isinstance(read, sig.Proposal):
        return {}
    return {"visits": str(read.visits), "through_on": read.through.isoformat()}
