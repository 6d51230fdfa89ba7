"""The field for a telephone number: what is typed is kept, or refused with a sentence."""

from __future__ import annotations

from django import forms

from clinic.ids.phone import Phone
from clinic.web.fields import PhoneField


class Callee(forms.Form):
    phone = PhoneField(label="Phone", required=False)
    fax = PhoneField(label="Fax", required=False, extension=False)


def test_number_and_extension_are_cleaned_to_one_value() -> None:
    form = Callee({"phone": " 212-555-0142 x89 ", "fax": "212-555-0143"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "phone": Phone("+12125550142", "89"),
        "fax": Phone("+12125550143"),
    }


def test_nothing_typed_is_falsy() -> None:
    form = Callee({})
    assert form.is_valid()
    assert not form.cleaned_data["phone"]
    assert form.cleaned_data["phone"] == Phone()


def test_an_extension_that_has_no_place_is_refused() -> None:
    form = Callee({"fax": "212-555-0143 x1"})
    assert form.errors == {"fax": ["Enter the number without an extension here."]}


def test_what_is_not_one_number_is_refused_and_stays() -> None:
    form = Callee({"phone": "212-555-0142 or 813-555-0142"})
    assert str(form.errors["phone"][0]).startswith("Enter one phone number with its area code")
    assert 'value="212-555-0142 or 813-555-0142"' in str(form["phone"])
    assert 'type="tel"' in str(form["phone"])


def test_a_stored_number_is_shown_as_we_write_it_and_is_no_change() -> None:
    stored = Phone("+12125550142", "89")
    form = Callee(initial={"phone": stored})
    assert 'value="(212) 555-0142 ext. 89"' in str(form["phone"])
    assert not Callee({"phone": "2125550142,89"}, initial={"phone": stored}).has_changed()
    assert Callee({"phone": "2125550142"}, initial={"phone": stored}).has_changed()
