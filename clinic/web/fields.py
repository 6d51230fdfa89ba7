"""Form fields that several rooms use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from clinic.dates import FIRST, LAST
from clinic.ids import phone
from clinic.ids.phone import Phone

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

LONGEST_PHONE = 40  # as typed
OTHER_YEAR = _("Check the year of this date.")


class DayInput(forms.DateInput):
    """The browser's own picker of a date, which wants ISO 8601."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class DayField(forms.DateField):
    """A date that pages can show: not one in the year 20."""

    widget = DayInput
    default_validators = [MinValueValidator(FIRST, OTHER_YEAR), MaxValueValidator(LAST, OTHER_YEAR)]

    def __init__(self, label: StrOrPromise, **kwargs: Any) -> None:
        super().__init__(label=label, **kwargs)


class PhoneField(forms.CharField):
    """A telephone number with its extension, none of it lost: cleaned to a `Phone`.

    `Phone.number` is E.164, `Phone.extension` its digits; both blank (and the whole falsy) if
    nothing was typed. A service takes the two for their two columns; an edit form begins with
    `initial=Phone.of(row.phone, row.phone_extension)`. `extension=False` where there is no
    column for it: then an extension is refused, never dropped.
    """

    default_error_messages = {
        "invalid": _(
            "Enter one phone number with its area code, such as (212) 555-0142, or "
            "(212) 555-0142 ext. 89."
        ),
        "no_extension": _("Enter the number without an extension here."),
    }

    def __init__(self, *, extension: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"type": "tel"}))
        kwargs.setdefault("max_length", LONGEST_PHONE)
        super().__init__(**kwargs)
        self.takes_extension = extension
        self.empty_value = ""

    def clean(self, value: Any) -> Phone:
        text = super().clean(str(value or ""))
        found = phone.read(text) if text else Phone()
        if found is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if found.extension and not self.takes_extension:
            raise forms.ValidationError(self.error_messages["no_extension"], code="no_extension")
        return found

    def prepare_value(self, value: Any) -> Any:
        """As we write it: a value of a row, but never what is being typed."""
        stored = isinstance(value, str) and value.startswith("+") and phone.read(value)
        return str(stored or value) if stored or isinstance(value, Phone) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Not merely written another way."""
        before, after = (phone.read(str(one or "")) or str(one or "") for one in (initial, data))
        return before != after
