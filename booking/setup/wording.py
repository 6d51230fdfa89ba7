"""What a form changes, field by field, in the words of the page: for the preview."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

HOUR = 60


def minutes(count: int) -> str:
    return ngettext("%(count)s minute", "%(count)s minutes", count) % {"count": count}


def days(count: int) -> str:
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": count}


def hours(count: int) -> str:
    """Hours from minutes; a whole number without a decimal point."""
    number = count // HOUR if count % HOUR == 0 else count / HOUR
    text = f"{number:.2f}".rstrip("0") if isinstance(number, float) else str(number)
    return _("1 hour") if number == 1 else _("%(count)s hours") % {"count": text}


def percent(count: int) -> str:
    return _("%(count)s%% of the price") % {"count": count}


UNITS: Mapping[str, Callable[[int], str]] = {
    "price_cents": money,
    **dict.fromkeys(("late_cancel_percent", "no_show_percent"), percent),
    **dict.fromkeys(("minutes", "buffer_before", "buffer_after", "first_visit_extra"), minutes),
    **dict.fromkeys(("hold_minutes", "offer_minutes"), minutes),
    **dict.fromkeys(("min_notice", "cancel_cutoff", "reschedule_cutoff"), hours),
    **dict.fromkeys(("reminder_lead", "prescription_lead"), hours),
    "horizon_days": days,
}


def differences(
    form: forms.BaseForm, *, empty: Mapping[str, str], notes: Mapping[str, str]
) -> list[str]:
    """One sentence for each field that changes; `notes` add what that means.

    `empty` says what an empty field means, where it means something.
    """
    found = []
    for name, field in form.fields.items():
        old, new = form.initial.get(name), form.cleaned_data.get(name)
        if _plain(old) == _plain(new):
            continue
        nothing = empty.get(name, _("none"))
        words = {
            "field": str(field.label).partition(",")[0],
            "old": _words(field, name, old) or nothing,
            "new": _words(field, name, new) or nothing,
        }
        text = _("%(field)s: %(old)s, then %(new)s.") % words
        found.append(f"{text} {notes[name] % words}" if name in notes else text)
    return found


def _plain(value: Any) -> Any:
    """What two values are compared by."""
    if isinstance(value, Model):
        return value.pk
    if isinstance(value, QuerySet | list | tuple):
        return {_plain(one) for one in value}
    return None if value == "" else value


def _words(field: forms.Field, name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in UNITS:
        return UNITS[name](value)
    if isinstance(field, forms.ModelMultipleChoiceField):
        return ", ".join(sorted(field.label_from_instance(one) for one in value))
    if isinstance(field, forms.ModelChoiceField):
        known = value if isinstance(value, Model) else field.queryset.filter(pk=value).first()  # type: ignore[union-attr]
        return str(field.label_from_instance(known)) if known else ""
    if isinstance(field, forms.ChoiceField):
        named = {str(key): str(label) for key, label in field.choices}  # type: ignore[union-attr, misc]
        return named.get(str(value), str(value))
    return str(value)
