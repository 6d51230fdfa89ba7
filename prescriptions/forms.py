"""Shape of input only; `review.problems` and `uploads.clean` decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from clinic import body, npi
from clinic.dates import FIRST, LAST, day_or_none
from clinic.templatetags.clinic_format import us_date
from prescriptions import areas, icd10, review, sig, words
from prescriptions.models import Prescription, ReviewDecision
from prescriptions.uploads import (
    MAX_FILE,
    MAX_PAGES,
    MAX_TOTAL,
    TooLarge,
    TooManyPages,
    TooMuch,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from django.core.files.uploadedfile import UploadedFile
    from django_stubs_ext import StrOrPromise

    from prescriptions.reading import Found
    from prescriptions.selectors import Card

ACCEPT = (
    "application/pdf,image/jpeg,image/png,image/heic,image/heif,.pdf,.jpg,.jpeg,.png,.heic,.heif"
)


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True
    template_name = "django/forms/widgets/file.html"


class ManyFilesField(forms.FileField):
    """One or several files; a lone one is a list as well."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        if not files:
            super().clean(None, initial)  # raises "required"
        if len(files) > MAX_PAGES:
            raise forms.ValidationError(TooManyPages.message)
        if any((file.size or 0) > MAX_FILE for file in files):
            raise forms.ValidationError(TooLarge.message)
        if sum(file.size or 0 for file in files) > MAX_TOTAL:  # before any of them is read
            raise forms.ValidationError(TooMuch.message)
        return list(files)


class UploadForm(forms.Form):
    document = ManyFilesField(
        label=_("PDF or photos"),
        help_text=_(
            "PDF, JPEG, PNG or HEIC, up to 15 MB each. Several pages may be several photos."
        ),
        error_messages={"required": _("Choose a PDF or a photo of your prescription.")},
        widget=ManyFilesInput(attrs={"accept": ACCEPT, "multiple": True}),
    )
    note = forms.CharField(
        label=_("Anything we should know?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    # Made with the page: sending it again after a lost connection is no second upload.
    token = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)

    def sent(self) -> dict[str, Any]:
        """As `receiving.receive` takes it."""
        return {
            "files": [file.read() for file in self.cleaned_data["document"]],
            "note": self.cleaned_data["note"],
            "token": self.cleaned_data["token"] or uuid4(),
        }


class DeskUploadForm(UploadForm):
    """A paper at the desk: a new one, or the better copy of one that we asked about."""

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
        """With the prescription that is answered, if one is."""
        answers = self.asked.get(self.cleaned_data.get("answers", self.NEW))
        return {**super().sent(), "answers": answers}


def _better_copy(card: Card) -> str:
    text = _("A better copy of the one sent on %(day)s (%(reason)s)")
    reason = card.asked.get_reason_display() if card.asked else _("asked about")
    return text % {"day": us_date(card.prescription.created_at), "reason": reason}


def _worked_out(typed: Mapping[str, str]) -> dict[str, str]:
    """Visits and last day of the order as typed, when it has both a start and an end."""
    start = day_or_none(typed.get("starts_on") or typed.get("issued_on"))
    read = sig.read(typed.get("order_text", ""), start) if start else None
    if not isinstance(read, sig.Proposal):
        return {}
    return {"visits": str(read.visits), "through_on": read.through.isoformat()}


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


_OTHER_YEAR = _("Check the year of this date.")


def _day(label: Any, **kwargs: Any) -> forms.DateField:
    bounds = [MinValueValidator(FIRST, _OTHER_YEAR), MaxValueValidator(LAST, _OTHER_YEAR)]
    return forms.DateField(
        label=label, required=False, widget=DayInput(), validators=bounds, **kwargs
    )


class ReviewForm(forms.Form):
    """The prescription as the reviewer reads it. Field names are those of `review.Elements`."""

    reason = forms.CharField(label=_("Reason of medical necessity"), required=False, max_length=300)
    order_text = forms.CharField(
        label=_("Number, frequency, duration"), required=False, max_length=200
    )
    issued_on = _day(_("Written on"))
    starts_on = _day(_("Valid from, if later"))
    visits = forms.IntegerField(label=_("Visits"), required=False)
    through_on = _day(_("Last day"))
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
        choices=[("", _("Choose")), *((name, name) for name in review.CREDENTIALS)],
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
    is_authorized = forms.BooleanField(label=_("Authorised by the payer"), required=False)
    regions = forms.MultipleChoiceField(
        label=_("Part of the body"),
        required=False,
        choices=[(place.key, place.label) for place in body.places()],
        widget=forms.CheckboxSelectMultiple,
    )

    nothing_read = False  # no text that proposes anything
    reads_pictures = True  # whether this machine could

    @classmethod
    def proposing(cls, found: Mapping[str, Found]) -> ReviewForm:
        """Filled with what was read from the document, each saying which words it came from."""
        initial: dict[str, Any] = {field: one.value for field, one in found.items()}
        if "regions" in initial:
            initial["regions"] = initial["regions"].split()
        worked_out = _worked_out(initial)
        if "through_on" in worked_out and "through_on" in initial:
            # An earlier end that the prescriber wrote wins; both are ISO dates.
            worked_out["through_on"] = min(worked_out["through_on"], initial["through_on"])
        form = cls(initial=initial | worked_out)
        form.explain(found)
        return form

    def explain(self, found: Mapping[str, Found]) -> None:
        """Say below each field which words were read for it, whatever it holds by now."""
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
            said = render_to_string("prescriptions/_read_from.html", context)
            self.fields[field].help_text = mark_safe(said.strip())  # noqa: S308 - a template escaped it

    @classmethod
    def checking(cls, reading: Mapping[str, Any]) -> ReviewForm:
        """Filled with what the first person read; the second looks at the paper for themselves."""
        kept = {name: value for name, value in reading.items() if name not in review.OWN}
        return cls(initial=kept | {"codes": ", ".join(kept.get("codes", []))})

    def with_proposal(self) -> ReviewForm:
        """What was typed, with visits and last day worked out from the order's words."""
        typed: dict[str, Any] = dict(self.data.items())
        typed["regions"] = self["regions"].value()
        return ReviewForm(initial=typed | _worked_out(typed))

    def elements(self) -> review.Elements:
        """What was typed, as far as it has the right shape."""
        read = dict(self.cleaned_data)
        read["codes"] = tuple(icd10.split(read.get("codes", "")))
        read["prescriber_npi"] = npi.tidy(read.get("prescriber_npi", ""))
        read["starts_on"] = read.get("starts_on") or read.get("issued_on")
        read["regions"] = tuple(read.get("regions", ()))
        return review.Elements(**read)

    def as_it_stands(self) -> review.Elements:
        """What the form shows, sent or not."""
        shown = self if self.is_bound else ReviewForm(self.initial)
        shown.is_valid()
        return shown.elements()

    def checks(self, *, claim: bool) -> list[forms.BoundField]:
        return [self[name] for name in (*review.OWN, *(["is_authorized"] if claim else []))]

    def areas(self) -> Iterator[tuple[StrOrPromise, list[Any]]]:
        """The places to tick, by the side of the body."""
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
        label=_("A second person must agree where a claim is billed"), required=False
    )
    request_days = forms.IntegerField(
        label=_("Days that a link to a prescriber is good for"), min_value=1, max_value=60
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
