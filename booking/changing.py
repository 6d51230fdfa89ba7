"""A client moves or cancels a visit: signed in, or by the one-use link of a message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from booking import covering, flow, outside, owing, screens, services
from booking.errors import FeeNotAgreed, SlotTaken
from booking.forms import CancelForm, WhenForm
from clinic.errors import DomainError, InvalidTransition
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import HttpRequest

    from booking.models import Appointment
    from clinic.models import Therapist, User

OK, REFUSED = 200, 422


class AgreeForm(CancelForm):
    """Cancelling late costs something; the client is shown how much, and agrees to that."""

    fee = forms.IntegerField(widget=forms.HiddenInput, required=False)
    agree = forms.BooleanField(
        required=False,
        error_messages={"required": gettext_lazy("Tick this to agree, or keep the visit.")},
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
    request: HttpRequest, appointment: Appointment, actor: User | None, *, by_link: bool = False
) -> Cancelling:
    """Cancel, if that was posted and agreed to; else what the page shows.

    Raises:
        DomainError: it cannot be cancelled any more, whatever is agreed to.
    """
    fee = owing.for_cancelling(appointment)
    terms = owing.terms(appointment)
    page = Cancelling(
        AgreeForm(request.POST or None, fee_cents=fee),
        fee,
        until=outside.spoken(terms.cancel_cutoff),
        may_move=services.may_change(appointment),
    )
    if request.method != "POST":
        page.form = AgreeForm(fee_cents=fee)
        return page
    page.status = REFUSED
    if not page.form.is_valid():
        return page
    data = page.form.cleaned_data
    try:
        services.cancel(
            actor=actor,
            appointment=appointment,
            reason=data["reason"],
            agreed_cents=data.get("fee") or 0,
            by_link=by_link,
        )
        page.is_done = True
    except FeeNotAgreed as refusal:
        page.fee_cents = refusal.cents
        page.error = str(refusal.message)
        page.form = AgreeForm(initial={"reason": data["reason"]}, fee_cents=refusal.cents)
    return page


@dataclass(slots=True)
class Moving:
    screen: screens.TimeScreen | None = None  # None: it cannot be moved online
    status: int = OK
    error: str = ""
    made: Appointment | None = None
    start: datetime | None = None  # a late one, to be taken knowingly
    therapist: Therapist | None = None
    fee_cents: int = 0
    lost: list[screens.TimeChoice] = field(default_factory=list)

    @property
    def context(self) -> dict[str, Any]:
        return {"moving": self, "screen": self.screen, "error": self.error}


def moving(
    request: HttpRequest, appointment: Appointment, actor: User | None, *, by_link: bool = False
) -> Moving:
    """Move, if a time was pressed; else what the page shows.

    Raises:
        InvalidTransition: it is not a visit any more that can be moved.
    """
    page = Moving()
    if appointment.is_upcoming and services.may_change(appointment):
        if request.method == "POST":
            _move(request, appointment, actor, page, by_link=by_link)
        if page.made is None:
            page.screen = flow.time_screen(request, appointment.option, moving=appointment)
            page.screen.lost = page.lost
            if not by_link:  # whoever has the link alone is told nothing of a prescription
                page.screen.notes = covering.warnings_at(page.screen.chosen, [appointment])
    elif request.method == "POST":
        page.status = REFUSED
    return page


def _move(
    request: HttpRequest,
    appointment: Appointment,
    actor: User | None,
    page: Moving,
    *,
    by_link: bool,
) -> None:
    page.status = REFUSED
    form = WhenForm(request.POST)
    if not form.is_valid():
        page.error = str(next(iter(form.errors.values()))[0])
        return
    start, therapist = form.cleaned_data["start"], form.cleaned_data["therapist"]
    if "knowing" not in request.POST and (fee := _late_fee(appointment, start)):
        page.start, page.therapist, page.fee_cents = start, therapist, fee
        return
    try:
        page.made = services.reschedule(
            actor=actor, appointment=appointment, start=start, therapist=therapist, by_link=by_link
        )
    except InvalidTransition:
        raise
    except DomainError as refusal:
        page.error = str(refusal.message)
        if isinstance(refusal, SlotTaken):
            page.lost = screens.alternatives(appointment.option, start, therapist)


def _late_fee(appointment: Appointment, start: datetime) -> int:
    """What cancelling would cost at once at a new time that is close; 0 while that is free."""
    if start <= timezone.now():
        return 0
    return owing.for_cancelling(appointment, start)
