from __future__ import annotations

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.closing.cash import PIECES, worth
from billing.forms import CentsField
from clinic.format import money

MOST = 9999  # of one bill or coin


class CountForm(forms.Form):
    """The cash, as one sum or piece by piece."""

    opening = CentsField(label=_("In the drawer this morning"))
    counted = CentsField(label=_("Cash counted"), required=False)
    reason = forms.CharField(
        label=_("If it differs: what happened?"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    form_token = forms.UUIDField(widget=forms.HiddenInput)
    replaces = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["form_token"].initial = uuid4
        for cents in PIECES:
            self.fields[f"piece_{cents}"] = forms.IntegerField(
                label=money(cents).removesuffix(".00"),
                min_value=0,
                max_value=MOST,
                required=False,
                widget=forms.TextInput(
                    attrs={"inputmode": "numeric", "autocomplete": "off", "class": "num"}
                ),
            )

    @property
    def pieces(self) -> list[forms.BoundField]:
        return [self[f"piece_{cents}"] for cents in PIECES]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        pieces = {cents: data.pop(f"piece_{cents}", None) for cents in PIECES}
        data["pieces"] = {cents: count for cents, count in pieces.items() if count is not None}
        if self.errors:
            return data
        if not data["pieces"]:
            if data.get("counted") is None:
                self.add_error("counted", _("Count the cash, and enter what is there."))
            return data
        whole = worth(data["pieces"])
        if data.get("counted") not in (None, whole):
            words = _("The bills and coins come to %(sum)s. Correct one of the two.")
            self.add_error("counted", words % {"sum": money(whole)})
        data["counted"] = whole
        return data
