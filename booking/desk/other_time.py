"""The choice of a time on the desk's pages: an offered one, or any other with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from booking.desk.forms import OtherTimeForm
from booking.desk.past_order_form import PastOrderForm
from booking.errors import InThePast, NeedsReason, SlotTaken
from booking.links import on_board
from booking.times import picker
from booking.visits import past_order, requests, rule_breaks
from booking.visits.forms import WhenForm
from booking.visits.past_order import Choice, PastOrder
from booking.visits.requests import OK, REFUSED
from booking.visits.rule_breaks import AskedTime
from clinic import selectors as clinic_selectors
from clinic.dates import day_or_none
from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from django.http import HttpRequest

    from booking.errors import Breach
    from booking.models import Appointment
    from booking.visits.parties import Party
    from booking.visits.past_order import Told
    from clinic.models import Client, Room, ServiceOption, Therapist

    Act = Callable[..., Party]  # books or moves


@dataclass(slots=True)
class Attempt:
    """The result of a time that was clicked, typed or dragged to, and what to show next."""

    other: OtherTimeForm | None = None  # None: only times that are offered
    made: Party | None = None
    status: int = OK
    error: str = ""
    lost: list[picker.TimeChoice] = field(default_factory=list)
    start: datetime | None = None  # the time in question
    therapist: Therapist | None = None
    breaches: list[Breach] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)  # how far prescriptions reach on that day
    past: PastOrderForm | None = None  # None: the visit goes past no prescription

    @property
    def is_asked(self) -> bool:
        """Whether a specific time is being considered, so the form has to be open."""
        return self.start is not None or (self.other is not None and self.other.is_bound)

    @property
    def next_url(self) -> str:
        """The board; a visit that waits for a new order leads to asking for one."""
        made = self.made or []
        waits = self.past is not None and self.past.answer.choice == Choice.PENDING
        if waits and made and made[0].client_id is not None:
            return reverse("prescriptions:desk-ask-who", args=[made[0].client_id])
        return on_board(made[0])


@dataclass(frozen=True, slots=True)
class NeededTime:
    """What we need a time for; two at once are booked at the times that are offered."""

    option: ServiceOption
    moving: Sequence[Appointment] = ()
    seats: int = 1
    clients: Sequence[Client] = ()

    def told(self, start: datetime) -> list[Told]:
        """How far the clients' prescriptions reach with a visit then."""
        zone = clinic_selectors.location().zone
        return self.told_on(start.astimezone(zone).date())

    def told_on(self, day: date | None) -> list[Told]:
        clients = self.clients or [one.client for one in self.moving if one.client is not None]
        return past_order.look(clients, self.option, day, moving=self.moving) if day else []

    def at(
        self, start: datetime, therapist: Therapist | None, room: Room | None = None
    ) -> AskedTime:
        return AskedTime(self.option, start, therapist, room, self.moving)


def address_of(path: str, option: ServiceOption, start: datetime, **more: str) -> str:
    """A page of times at which this one is being considered."""
    local = start.astimezone(clinic_selectors.location().zone)
    at = {"option": option.pk, "day": local.date().isoformat(), "at": f"{local:%H:%M}"}
    return f"{path}?{urlencode(at | more)}#other-time"


def attempt(request: HttpRequest, needed: NeededTime, act: Act) -> Attempt:
    """Act on what was posted; a time in the URL is only checked."""
    if needed.seats > 1:
        return _offered(request, needed, act)
    if request.method != "POST":
        return _look(request, needed)
    if f"{OtherTimeForm.prefix}-date" in request.POST:
        form = OtherTimeForm(request.POST)
    else:
        when = WhenForm(request.POST)
        if not when.is_valid():
            return Attempt(OtherTimeForm(), status=REFUSED, error=when.problem)
        data = when.cleaned_data
        form = OtherTimeForm.at(data["start"], data["therapist"])
        form.is_valid()
        form.cleaned_data["start"] = data["start"]  # to the second, as it was clicked
    found = Attempt(form, status=REFUSED, past=PastOrderForm.posted(request.POST, needed.option))
    if form.is_valid() and "start" in form.cleaned_data:
        _act(needed, form, found, act)
    return found


def _act(needed: NeededTime, form: OtherTimeForm, found: Attempt, act: Act) -> None:
    data = form.cleaned_data
    found.start, found.therapist = data["start"], data["therapist"]
    try:
        found.made = act(
            start=data["start"],
            therapist=data["therapist"],
            room=data["room"],
            reason=data["reason"],
            breaks=form.shown,
            past=PastOrderForm.answer_of(found.past),
        )
    except NeedsReason as refusal:
        found.breaches = refusal.breaches
        found.other = form.asking(refusal.breaches)
        found.told = needed.told(data["start"])
        found.past = PastOrderForm.about(found.told, needed.option, found.past)
    except PastOrder as refusal:
        found.told = refusal.told
        found.past = PastOrderForm.refused(refusal.told, needed.option, found.past)
        if data["reason"]:  # given for rules that the time still breaks
            found.breaches = rule_breaks.weigh(
                needed.at(data["start"], data["therapist"], data["room"])
            )[0].breaches
    except SlotTaken as refusal:
        found.error = str(refusal.message)
        found.lost = picker.alternatives(needed.option, data["start"], data["therapist"])
        found.in_the_way = _in_the_way(needed.at(data["start"], data["therapist"], data["room"]))
    except DomainError as refusal:
        found.error = str(refusal.message)


def _offered(request: HttpRequest, needed: NeededTime, act: Act) -> Attempt:
    if request.method != "POST":
        return Attempt()

    form = PastOrderForm.posted(request.POST, needed.option)
    found = Attempt(status=REFUSED, past=form)

    def take(start: datetime, therapist: Therapist | None) -> Party:
        answer = PastOrderForm.answer_of(form)
        try:
            return act(
                start=start, therapist=therapist, room=None, reason="", breaks=(), past=answer
            )
        except PastOrder as refusal:
            found.start, found.therapist, found.told = start, therapist, refusal.told
            found.past = PastOrderForm.refused(refusal.told, needed.option, form)
            raise

    picked = requests.pick(request, needed.option, take, seats=needed.seats)
    found.made, found.lost = picked.made, picked.lost
    found.error = "" if found.start else picked.error
    return found


def _look(request: HttpRequest, needed: NeededTime) -> Attempt:
    """The time in the URL (a tile was dragged there): what it would break, before saving."""
    if "at" not in request.GET:
        shown = day_or_none(request.GET.get("day")) or timezone.localdate()
        return Attempt(OtherTimeForm(initial={"date": shown}))
    names = {"date": "day", "time": "at", "therapist": "therapist"}
    given = {
        f"{OtherTimeForm.prefix}-{name}": request.GET.get(key, "") for name, key in names.items()
    }
    form = OtherTimeForm(given)
    found = Attempt(form)
    if not form.is_valid() or "start" not in form.cleaned_data:
        return found
    data = form.cleaned_data
    start, therapist = data["start"], data["therapist"]
    found.start, found.therapist, found.told = start, therapist, needed.told(start)
    found.past = PastOrderForm.about(found.told, needed.option)
    try:
        best = rule_breaks.weigh(needed.at(start, therapist))[0]
    except InThePast as refusal:
        found.error = str(refusal.message)
        return found
    found.therapist, found.in_the_way = best.therapist, best.in_the_way
    if best.in_the_way:
        found.error = str(SlotTaken.message)
        found.lost = picker.alternatives(needed.option, start, therapist)
    else:
        found.breaches = best.breaches
        found.other = form.asking(best.breaches)
    return found


def _in_the_way(asked: AskedTime) -> list[str]:
    """Words for the conflicts of the requested therapist, or of everyone."""
    try:
        candidates = rule_breaks.weigh(asked)
    except InThePast:
        return []
    return list(dict.fromkeys(line for one in candidates for line in one.in_the_way))


def context(
    found: Attempt, screen: picker.TimeScreen | None, needed: NeededTime | None = None
) -> dict[str, Any]:
    """What `_times.html` and `_other_time.html` show."""
    if screen and needed:
        screen.told = needed.told_on(screen.chosen)
    error = "" if found.is_asked else found.error  # said once, next to the form for that time
    if screen and found.other is None:
        screen.lost = found.lost
    return {"screen": screen, "error": error, "attempt": found}
