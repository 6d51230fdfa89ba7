"""Shape of input only; `waitlist` decides who may wait for what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.models import WaitlistEntry
from booking.times.forms import DayField
from booking.visits.forms import StartField
from clinic.format import money
from clinic.models import ServiceOption, Therapist

if TYPE_CHECKING:
    from collections.abc import Sequence


class OptionField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not at run time
    def label_from_instance(self, obj: ServiceOption) -> str:
        price = money(obj.price_cents) if obj.price_cents else _("free")
        return f"{obj.service.name}, {obj.minutes} {_('min')} · {price}"


class TherapistField(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Therapist) -> str:
        return str(obj.title)


class WaitForm(forms.Form):
    """What someone waits for."""

    option = OptionField(
        label=_("Session"),
        queryset=ServiceOption.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": _("That session cannot be booked right now.")},
    )
    therapist = TherapistField(
        label=_("With"),
        queryset=Therapist.objects.none(),
        required=False,
        empty_label=_("Anyone available"),
    )
    first_day = DayField(label=_("From"))
    last_day = DayField(label=_("Until"), help_text=_("Including this day."))
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
            self.add_error("last_day", _("The last day is before the first."))
        return data


class OfferForm(forms.Form):
    """A time that the desk offers by hand, and why to this client."""

    time = forms.ChoiceField(
        label=_("Free time"),
        error_messages={"invalid_choice": _("That time is no longer free. Choose another.")},
    )
    reason = forms.CharField(
        label=_("Why do they go first?"),
        max_length=120,
        help_text=_("Kept with the offer; the client does not see it."),
    )
    agreed = forms.BooleanField(
        label=_("They agreed to a time other than they asked for"), required=False
    )
    past = forms.BooleanField(
        label=_("Offer it though the prescription does not reach that day"),
        help_text=_("They bring a new prescription in time, or pay themselves."),
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        groups: Sequence[tuple[str, list[tuple[str, str]]]],
        others: bool = False,
        is_short: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, is_asked in (("agreed", others), ("past", is_short)):
            if not is_asked:
                del self.fields[name]
        self.fields["time"].choices = [("", _("Choose a time")), *groups]  # type: ignore[attr-defined]

    def clean_time(self) -> tuple[Any, UUID]:
        """One of ours: the start and who gives the session."""
        start, _bar, therapist_id = self.cleaned_data["time"].partition("|")
        return StartField().clean(start), UUID(therapist_id)
