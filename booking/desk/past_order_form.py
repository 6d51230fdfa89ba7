"""The choice for a visit past its prescription. Nothing is chosen beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.errors import NotBookable
from booking.visits import past_order
from booking.visits.past_order import Answer, Choice
from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from booking.visits.past_order import Told
    from clinic.models import ServiceOption


class PastOrderForm(forms.Form):
    prefix = "order"

    choice = forms.ChoiceField(
        label=gettext_lazy("How should we book it?"),
        widget=forms.RadioSelect,
        required=False,
        choices=[(one.value, one.value) for one in Choice],
        error_messages={"invalid_choice": gettext_lazy("Choose how to book it.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why go past the prescription?"),
        help_text=gettext_lazy("Only if you book it anyway. It is kept with the visit."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    shown = forms.CharField(required=False, max_length=400, widget=forms.HiddenInput)

    @classmethod
    def posted(cls, data: Mapping[str, Any], option: ServiceOption) -> PastOrderForm | None:
        """What staff answered, if they were asked."""
        form = cls(data)
        if not data.get(form.add_prefix("shown")):
            return None
        form.offer((), option)
        form.is_valid()
        return form

    @classmethod
    def about(
        cls, told: Sequence[Told], option: ServiceOption, before: PastOrderForm | None = None
    ) -> PastOrderForm | None:
        """The question for what these prescriptions do not cover, with what was answered."""
        codes = frozenset[str]().union(*(one.codes for one in told))
        if not codes:
            return None
        data = dict(before.data.items()) if before else {}
        given = {name: data.get(f"{cls.prefix}-{name}", "") for name in ("choice", "reason")}
        form = cls(initial=given | {"shown": ",".join(sorted(codes))})
        form.offer(told, option)
        return form

    @classmethod
    def refused(
        cls, told: Sequence[Told], option: ServiceOption, before: PastOrderForm | None
    ) -> PastOrderForm | None:
        """The same, saying what is missing of an answer."""
        form = cls.about(told, option, before)
        if form is None or before is None:
            return form
        codes = str(form.initial["shown"])
        again = type(form)({**dict(before.data.items()), form.add_prefix("shown"): codes})
        again.offer(told, option)
        again.is_valid()
        answer = before.answer
        if answer.shown != frozenset(codes.split(",")):
            again.add_error(None, _("The prescription has changed. Please look again."))
        elif answer.choice == Choice.ANYWAY and not answer.reason.strip():
            again.add_error("reason", _("Say why, in a few words."))
        elif "choice" not in again.errors:
            again.add_error("choice", _("Choose how to book it."))
        return again

    def offer(self, told: Sequence[Told], option: ServiceOption) -> None:
        """The choices there are."""
        choices = []
        try:
            price = money(past_order.self_pay_option(option).price_cents)
            text = _("As a self-pay session, %(price)s")
            choices.append((Choice.SELF_PAY.value, text % {"price": price}))
        except NotBookable:
            pass
        if past_order.may_wait(told):
            text = _("As waiting for a new order: next, ask the prescriber")
            choices.append((Choice.PENDING.value, text))
        choices.append((Choice.ANYWAY.value, _("Anyway, with a reason")))
        self.fields["choice"].choices = choices  # type: ignore[attr-defined]

    @property
    def answer(self) -> Answer:
        data = self.cleaned_data
        codes = frozenset(code for code in data.get("shown", "").split(",") if code)
        return Answer(data.get("choice", ""), data.get("reason", ""), codes)

    @staticmethod
    def answer_of(form: PastOrderForm | None) -> Answer:
        return form.answer if form else Answer()
