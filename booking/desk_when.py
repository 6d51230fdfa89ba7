"""The choice of a time on the desk's pages: an offered one, or any other with a reason."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from django.utils import timezone

from booking import outside, screens
from booking.desk_forms import OtherTimeForm
from booking.errors import InThePast, NeedsReason, SlotTaken
from booking.forms import WhenForm
from clinic.dates import day_or_none
from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from django.http import HttpRequest

    from booking.models import Appointment
    from booking.outside import Breach
    from clinic.models import Room, ServiceOption, Therapist

OK, REFUSED = 200, 422


class Act(Protocol):
    """Books or moves."""

    def __call__(
        self,
        *,
        start: datetime,
        therapist: Therapist | None,
        room: Room | None,
        reason: str,
        breaks: Collection[str],
    ) -> Appointment: ...


@dataclass(slots=True)
class Attempt:
    """What became of a time that was pressed, typed or dragged to; and what to show next."""

    other: OtherTimeForm
    made: Appointment | None = None
    status: int = OK
    error: str = ""
    lost: list[screens.TimeChoice] = field(default_factory=list)
    start: datetime | None = None  # the time in question
    therapist: Therapist | None = None
    breaches: list[Breach] = field(default_factory=list)
    in_the_way: list[str] = field(default_factory=list)

    @property
    def is_asked(self) -> bool:
        """Whether a certain time is in question, so that the form has to be seen."""
        return self.start is not None or self.other.is_bound


def attempt(request: HttpRequest, wish: Wishing, act: Act) -> Attempt:
    """Act on what was posted; a time in the address is only looked at."""
    if request.method != "POST":
        return _look(request, wish)
    if f"{OtherTimeForm.prefix}-date" in request.POST:
        form = OtherTimeForm(request.POST)
    else:
        when = WhenForm(request.POST)
        if not when.is_valid():
            text = next(iter(when.errors.values()))[0]
            return Attempt(OtherTimeForm(), status=REFUSED, error=str(text))
        data = when.cleaned_data
        form = OtherTimeForm.at(data["start"], data["therapist"])
        form.is_valid()
        form.cleaned_data["start"] = data["start"]  # to the second as it was pressed
    found = Attempt(form, status=REFUSED)
    if not form.is_valid() or "start" not in form.cleaned_data:
        return found
    data = form.cleaned_data
    found.start, found.therapist = data["start"], data["therapist"]
    try:
        found.made = act(
            start=found.start,
            therapist=found.therapist,
            room=data["room"],
            reason=data["reason"],
            breaks=form.shown,
        )
    except NeedsReason as refusal:
        found.breaches = refusal.breaches
        found.other = form.asking(refusal.breaches)
    except SlotTaken as refusal:
        found.error = str(refusal.message)
        found.lost = screens.alternatives(wish.option, found.start, found.therapist)
        found.in_the_way = _in_the_way(wish.at(found.start, found.therapist, data["room"]))
    except DomainError as refusal:
        found.error = str(refusal.message)
    return found


@dataclass(frozen=True, slots=True)
class Wishing:
    """For which session a time is looked for, before there is one."""

    option: ServiceOption
    moving: Appointment | None = None
    walk_in: bool = False

    def at(
        self, start: datetime, therapist: Therapist | None, room: Room | None = None
    ) -> outside.Wish:
        return outside.Wish(self.option, start, therapist, room, self.moving, self.walk_in)


def _look(request: HttpRequest, wish: Wishing) -> Attempt:
    """The time in the address (a tile was dragged there): what it breaks, before anything is."""
    if "at" not in request.GET:
        shown = day_or_none(request.GET.get("day")) or timezone.localdate()
        return Attempt(OtherTimeForm(initial={"date": shown}))
    names = {"date": "day", "time": "at", "therapist": "therapist"}
    given = {
        f"{OtherTimeForm.prefix}-{name}": request.GET.get(key, "") for name, key in names.items()
    }
    found = Attempt(OtherTimeForm(given))
    if not found.other.is_valid() or "start" not in found.other.cleaned_data:
        return found
    data = found.other.cleaned_data
    start, therapist = data["start"], data["therapist"]
    found.start, found.therapist = start, therapist
    try:
        best = outside.weigh(wish.at(start, therapist))[0]
    except InThePast as refusal:
        found.error = str(refusal.message)
        return found
    found.therapist, found.in_the_way = best.therapist, best.in_the_way
    if best.in_the_way:
        found.error = str(SlotTaken.message)
        found.lost = screens.alternatives(wish.option, start, therapist)
    else:
        found.breaches = best.breaches
        found.other = found.other.asking(best.breaches)
    return found


def _in_the_way(wish: outside.Wish) -> list[str]:
    """Words for what stands in the way; of the therapist asked for, or of everybody."""
    try:
        candidates = outside.weigh(wish)
    except InThePast:
        return []
    return list(dict.fromkeys(line for one in candidates for line in one.in_the_way))


def context(found: Attempt, screen: screens.TimeScreen | None) -> dict[str, Any]:
    """What `_times.html` and `_other_time.html` show."""
    error = "" if found.is_asked else found.error  # said once, beside the form of that time
    return {"screen": screen, "error": error, "attempt": found}
