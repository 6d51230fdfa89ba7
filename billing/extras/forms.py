"""The shape of what is typed about tips, goods and sales tax."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.errors import ProductNameTaken
from billing.forms import CentsField
from billing.models import HIGHEST_RATE, Product
from billing.selectors import percent
from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Iterable

    ModelForm = forms.ModelForm[Product]
else:
    ModelForm = forms.ModelForm

MOST_CENTS, MOST_PIECES = 1_000_000, 99
OTHER = "other"
PERCENT = re.compile(r"^(\d{1,2})(?:\.(\d{1,3}))?\s*%?$", re.ASCII)


class PriceField(CentsField):
    """More than nothing, and no more than anything here costs: a slip of a zero is told."""

    def clean(self, value: Any) -> Any:
        cents = super().clean(value)
        if cents is not None and not 0 < cents <= MOST_CENTS:
            text = _("Enter more than zero and no more than %(most)s.")
            raise forms.ValidationError(text, params={"most": money(MOST_CENTS)})
        return cents


class PercentField(forms.CharField):
    """8.875 as thousandths of a percent: 8875. Never a float."""

    default_error_messages = {
        "invalid": _("Enter a rate such as 8.875, with three decimals at most."),
        "high": _("Enter no more than 30."),
    }

    def to_python(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().to_python(value)
        if not text:
            return None
        match = PERCENT.match(text)
        if match is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        rate = int(match[1]) * 1000 + int((match[2] or "0").ljust(3, "0"))
        if rate > HIGHEST_RATE:
            raise forms.ValidationError(self.error_messages["high"], code="high")
        return rate

    def prepare_value(self, value: Any) -> Any:
        return percent(value) if isinstance(value, int) else value


class TipForm(forms.Form):
    tip = PriceField(label=_("Tip"), error_messages={"required": _("Enter the tip.")})
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4


class GoodsForm(forms.Form):
    """Something from the list, or something else with its price."""

    product = forms.ChoiceField(
        label=_("What"),
        error_messages={
            "required": _("Choose what is sold."),
            "invalid_choice": _("That is not sold any more. Choose something else."),
        },
    )
    quantity = forms.IntegerField(
        label=_("How many"),
        initial=1,
        min_value=1,
        max_value=MOST_PIECES,
        error_messages={
            "required": _("Enter how many."),
            "invalid": _("Enter a whole number."),
            "min_value": _("Enter 1 or more."),
            "max_value": _("Enter %(limit_value)s at most."),
        },
    )
    description = forms.CharField(
        label=_("Something else: what?"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    price = PriceField(label=_("Its price"), required=False)
    is_untaxed = forms.BooleanField(label=_("No sales tax on it"), required=False)
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, products: Iterable[Product], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4
        self.products = {str(one.pk): one for one in products}
        listed = [
            (pk, f"{one.name}, {money(one.price_cents)}") for pk, one in self.products.items()
        ]
        choices = [*listed, (OTHER, _("Something else"))]
        if listed:
            choices.insert(0, ("", _("Choose one")))
        self.fields["product"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("product") == OTHER:
            if not data.get("description") and "description" not in self.errors:
                self.add_error("description", _("Say what is sold."))
            if not data.get("price") and "price" not in self.errors:
                self.add_error("price", _("Enter its price."))
        return data

    def goods(self) -> dict[str, Any]:
        """What is sold, for the service."""
        data = self.cleaned_data
        sold = {"quantity": data["quantity"], "form_token": data["form_token"]}
        product = self.products.get(data["product"])
        if product is None:
            other = {"description": data["description"], "each_cents": data["price"]}
            return sold | other | {"is_taxed": not data["is_untaxed"]}
        listed = {"description": product.name, "each_cents": product.price_cents}
        return sold | listed | {"is_taxed": product.is_taxed, "product": product}


class ProductForm(ModelForm):
    price_cents = PriceField(
        label=_("Price"), error_messages={"required": _("Enter its price, such as 12.00.")}
    )

    class Meta:
        model = Product
        fields = ("name", "price_cents", "is_taxed", "is_active", "position")
        labels = {"position": _("Order in lists")}
        help_texts = {
            "name": _("As it stands on the receipt."),
            "position": _("The lowest number comes first."),
        }
        error_messages = {"name": {"unique": ProductNameTaken.message}}


class TaxForm(forms.Form):
    rate = PercentField(
        label=_("Goods are taxed at, %"),
        help_text=_("Your state's rate and the local ones together. 0: not taxed."),
        widget=forms.TextInput(
            attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"}
        ),
        error_messages={"required": _("Enter a rate, or 0.")},
    )
