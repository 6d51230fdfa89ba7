"""Form input for merging two records; `services.py` decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from clinic.format import us_date
from clinic.people.merging import registry
from clinic.people.merging.services import COMPARED, Choice
from clinic.people.words import LABELS, shown

if TYPE_CHECKING:
    from django.forms import BoundField
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the comparison: a choice between two, or two values to read."""

    label: StrOrPromise
    values: tuple[str, str]
    field: BoundField | None = None

    @property
    def differs(self) -> bool:
        return self.values[0] != self.values[1]


class MergeForm(forms.Form):
    """Which of two records to keep, and which one each differing detail comes from."""

    def __init__(self, data: Any, *, one: Client, other: Client) -> None:
        super().__init__(data)
        self.pair = (one, other)
        keep = _("Keep this record")
        self.fields["kept"] = self._choice(gettext_lazy("Record to keep"), (keep, keep), one)
        for name in COMPARED:
            first, second = shown(one, name), shown(other, name)
            if first != second:
                empty = _("none")
                pair = first or empty, second or empty
                self.fields[name] = self._choice(LABELS[name], pair, one if first else other)
        if emails := self._guardians():
            self.fields["let_in"] = forms.ChoiceField(
                label=_("May those who act for one of the two open the merged record? %(emails)s")
                % {"emails": ", ".join(emails)},
                help_text=gettext_lazy(
                    "They will see everything in it, including what came from the other record."
                ),
                choices=[
                    ("yes", gettext_lazy("Yes, we know them")),
                    ("no", gettext_lazy("No")),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": gettext_lazy("Choose yes or no.")},
            )
        if one.birth_date != other.birth_date:
            self.fields["checked_id"] = forms.BooleanField(
                label=gettext_lazy("I have checked an ID: this is the same person"),
                error_messages={
                    "required": gettext_lazy(
                        "The dates of birth differ. Look at an ID first, then check the box."
                    )
                },
            )

    def _choice(
        self, label: StrOrPromise, shown: tuple[str, str], first: Client
    ) -> forms.ChoiceField:
        pks = [str(client.pk) for client in self.pair]
        return forms.ChoiceField(
            label=label,
            choices=list(zip(pks, shown, strict=True)),
            initial=str(first.pk),
            widget=forms.RadioSelect,
        )

    def _guardians(self) -> list[str]:
        """Who looks after only one of the two, and does not sign in as the client anyway."""
        mine, theirs = (
            set(
                client.guardians.filter(confirmed_at__isnull=False).values_list(
                    "user__email", flat=True
                )
            )
            for client in self.pair
        )
        logins = {client.user.email for client in self.pair if client.user is not None}
        return sorted((mine ^ theirs) - (logins if len(logins) == 1 else set()))

    def choice(self) -> Choice:
        data = self.cleaned_data
        one, other = self.pair
        kept, merged = (one, other) if data["kept"] == str(one.pk) else (other, one)
        return Choice(
            kept=kept,
            merged=merged,
            taken_from={name: UUID(data[name]) for name in COMPARED if name in data},
            checked_id=data.get("checked_id", False),
            let_in=data.get("let_in") == "yes",
        )

    def rows(self) -> list[Row]:
        one, other = self.pair
        keep = Row(self.fields["kept"].label or "", ("", ""), self["kept"])
        plain = [
            Row(_("Name"), (one.name, other.name)),
            Row(_("Date of birth"), (us_date(one.birth_date), us_date(other.birth_date))),
            Row(_("Record made on"), (us_date(one.created_at), us_date(other.created_at))),
        ]
        details = [
            Row(
                LABELS[name],
                (shown(one, name), shown(other, name)),
                self[name] if name in self.fields else None,
            )
            for name in COMPARED
        ]
        facts = zip(registry.facts(one), registry.facts(other), strict=True)
        held = [Row(mine.label, (mine.value, theirs.value)) for mine, theirs in facts]
        return [keep, *plain, *details, *held]
