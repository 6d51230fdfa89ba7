"""Shape of input only; who may wait for what is for `waitlist` to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.forms import StartField
from booking.models import WaitlistEntry
from clinic.dates import FIRST, LAST
from clinic.models import ServiceOption, Therapist
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date


class OptionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    def label_from_instance(self, obj: ServiceOption) -> str:
        price = money(obj.price_cents) if obj.price_cents else _("free")
        return f"{obj.service.name}, {obj.minutes} {_('min')} · {price}"


class TherapistField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Therapist) -> str:
        return str(obj.title)


class DayField(forms.DateField):
    """A day, as a date picker sends it or as it is said here."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d", "%m/%d/%Y"])
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(**{"widget": widget, **kwargs})

    def validate(self, value: date | None) -> None:
        super().validate(value)
        if value and not FIRST <= value <= LAST:  # what date sums can take
            raise forms.ValidationError(_("Check the date."), code="invalid")


class WaitForm(forms.Form):
    """What somebody waits for."""

    option = OptionField(
        label=_("Session"),
        queryset=ServiceOption.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": _("That session cannot be booked at the moment.")},
    )
    therapist = TherapistField(
        label=_("With"),
        queryset=Therapist.objects.none(),
        required=False,
        empty_label=_("Anyone who is free"),
    )
    first_day = DayField(label=_("From"))
    last_day = DayField(label=_("Until"), help_text=_("This day included."))
    part_of_day = forms.ChoiceField(label=_("Time of day"), choices=WaitlistEntry.PartOfDay.choices)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = selectors.bookable_options().order_by("service__position", "minutes")
        self.fields["option"].queryset = options  # type: ignore[attr-defined]
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first_day"), data.get("last_day")
        if first and last and last < first:
            self.add_error("last_day", _("The last day lies before the first."))
        return data


class OfferForm(forms.Form):
    """A time that the desk offers by hand, and why to this client."""

    time = forms.ChoiceField(
        label=_("Free time"),
        error_messages={"invalid_choice": _("That time is not free any more. Choose another.")},
    )
    reason = forms.CharField(
        label=_("Why do they come first?"),
        max_length=120,
        help_text=_("Kept in the record; the client does not see it."),
    )

    def __init__(
        self, *args: Any, groups: Sequence[tuple[str, list[tuple[str, str]]]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["time"].choices = [("", _("Choose a time")), *groups]  # type: ignore[attr-defined]

    def clean_time(self) -> tuple[Any, UUID]:
        """One of ours: the start and who gives the session."""
        start, _bar, therapist_id = self.cleaned_data["time"].partition("|")
        return StartField().clean(start), UUID(therapist_id)
