"""A client moves or cancels a visit, or both of a couple: signed in, or by a message's link."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking.errors import FeeNotAgreed
from booking.visits import coverage, late_fees, requests, rule_breaks, services
from booking.visits.forms import CancelForm
from booking.visits.requests import OK, REFUSED, Picked
from clinic.format import money

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from booking.times.picker import TimeScreen
    from booking.visits.parties import Party
    from clinic.models import Therapist, User


class AgreeForm(CancelForm):
    """Canceling late costs money; the client sees how much and agrees to it."""

    fee = forms.IntegerField(widget=forms.HiddenInput, required=False)
    agree = forms.BooleanField(
        required=False,
        error_messages={"required": gettext_lazy("Check this to agree, or keep the visit.")},
    )

    def __init__(self, *args: Any, fee_cents: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fee_cents = fee_cents
        if not fee_cents:
            del self.fields["fee"], self.fields["agree"]
            return
        self.fields["fee"].initial = fee_cents
        self.fields["agree"].required = True
        self.fields["agree"].label = _("I agree to pay %(fee)s.") % {"fee": money(fee_cents)}


@dataclass(slots=True)
class Cancelling:
    form: AgreeForm
    fee_cents: int
    until: str  # how long before the visit it was free
    may_move: bool
    status: int = OK
    error: str = ""
    is_done: bool = False


def cancelling(
    request: HttpRequest, party: Party, actor: User | None, *, by_link: bool = False
) -> Cancelling:
    """Cancel if that was posted and agreed to; otherwise, what the page shows.

    Raises:
        DomainError: it can no longer be canceled, whatever is agreed to.
    """
    fee = sum(late_fees.for_cancelling(one) for one in party)
    page = Cancelling(
        AgreeForm(request.POST if request.method == "POST" else None, fee_cents=fee),
        fee,
        until=rule_breaks.spoken(late_fees.terms(party[0]).cancel_cutoff),
        may_move=all(services.may_change(one) for one in party),
    )
    if request.method != "POST":
        return page
    page.status = REFUSED
    if not page.form.is_valid():
        return page
    data = page.form.cleaned_data
    try:
        services.cancel(
            actor=actor,
            party=party,
            reason=data["reason"],
            agreed_cents=data.get("fee") or 0,
            by_link=by_link,
        )
        page.is_done = True
    except FeeNotAgreed as refusal:
        page.fee_cents, page.error = refusal.cents, str(refusal.message)
        page.form = AgreeForm(initial={"reason": data["reason"]}, fee_cents=refusal.cents)
    return page


@dataclass(slots=True)
class Moving:
    screen: TimeScreen | None = None  # None: it cannot be moved online
    status: int = OK
    picked: Picked[Party] = field(default_factory=Picked)
    start: datetime | None = None  # a late one, to be confirmed first
    therapist: Therapist | None = None
    fee_cents: int = 0

    @property
    def made(self) -> Party | None:
        return self.picked.made

    @property
    def context(self) -> dict[str, Any]:
        return {"moving": self, "screen": self.screen, "error": self.picked.error}


def moving(
    request: HttpRequest, party: Party, actor: User | None, *, by_link: bool = False
) -> Moving:
    """Move if a time was picked; otherwise, what the page shows.

    Raises:
        InvalidTransition: the visits can no longer be moved.
    """
    page, option, seats = Moving(), party[0].option, len(party)
    if request.method == "POST":
        page.status = REFUSED
    if not all(one.is_upcoming and services.may_change(one) for one in party):
        return page

    def move(start: datetime, therapist: Therapist | None) -> Party:
        if "knowing" not in request.POST and (fee := _late_fee(party, start)):
            page.start, page.therapist, page.fee_cents = start, therapist, fee
            return []
        return services.reschedule(
            actor=actor, party=party, start=start, therapist=therapist, by_link=by_link
        )

    if request.method == "POST":
        page.picked = requests.pick(request, option, move, seats=seats)
    if not page.made:
        page.screen = requests.time_screen(request, option, moving=party, seats=seats)
        page.screen.lost = page.picked.lost
        if not by_link:  # someone who only has the link learns nothing about a prescription
            page.screen.notes = coverage.warnings_at(page.screen.chosen, party)
    return page


def _late_fee(party: Party, start: datetime) -> int:
    """What canceling would cost right after a move to a time this soon; 0 if free."""
    if start <= timezone.now():
        return 0
    return sum(late_fees.for_cancelling(one, start) for one in party)
