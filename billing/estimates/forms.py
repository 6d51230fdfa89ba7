from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from booking import selectors as booking
from clinic.format import money
from clinic.models import ServiceOption

MOST_VISITS = 104  # two a week for a year, the longest that an estimate may reach


class AskForm(forms.Form):
    """So many visits of a session."""

    option = forms.ModelChoiceField(
        queryset=ServiceOption.objects.none(),
        label=_("Session"),
        empty_label=_("Choose one"),
        error_messages={
            "required": _("Choose the session."),
            "invalid_choice": _("That session is not offered any more. Choose another one."),
        },
    )
    visits = forms.IntegerField(
        label=_("How many visits"),
        min_value=1,
        max_value=MOST_VISITS,
        error_messages={
            "required": _("Enter how many visits."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter 1 or more."),
            "max_value": _("Enter %(limit_value)s at most: an estimate reaches a year."),
        },
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4
        field = self.fields["option"]
        sessions = booking.bookable_options().filter(price_cents__gt=0)
        field.queryset = sessions.select_related("service")  # type: ignore[attr-defined]
        field.label_from_instance = lambda one: f"{one}, {money(one.price_cents)}"  # type: ignore[attr-defined]
