"""GET /book/slots.json: free times for programs. Errors are problem details (RFC 9457)."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from booking.times import search, timetable, versions
from booking.times.availability import MINUTE, moment, to_instant
from booking.times.cache import AnswerCache
from booking.times.forms import LONGEST_RANGE, Question, SlotsForm
from clinic import access

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from django.http import HttpRequest

    from booking.times.availability import Opening
    from booking.times.search import FreeTimes
    from booking.times.versions import Versions

PARAMETERS = ("option", "from", "to", "therapist", "location")
DAY, MIDNIGHT = timedelta(days=1), time()
CLOCK = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(24 * 60)]
_bodies: AnswerCache[bytes] = AnswerCache(size=32)


@access.public
@require_safe
def slots_json(request: HttpRequest) -> HttpResponse:
    now, diary = timezone.now(), versions.read()
    # With the versions, everything that shapes the answer except the time of the request.
    key = tuple(request.GET.get(name, "") for name in PARAMETERS)
    body = _bodies.get(diary, key, now.timestamp())
    if body is None:
        question = _ordinary(request, diary)
        if question is None:  # something is unusual about it, or wrong
            if not (form := SlotsForm(request.GET)).is_valid():
                return problem(form)
            question = form.question
        free = search.free_times(**question, now=now, versions=diary)
        body = written(free)
        _bodies.store(diary, key, body, since=now.timestamp(), until=free.good_until)
    return _answer(body)


def _answer(body: bytes) -> HttpResponse:
    response = HttpResponse(body, content_type="application/json")
    response["Cache-Control"] = "no-store"  # a minute-old time may be gone
    return response


def _ordinary(request: HttpRequest, diary: Versions) -> Question | None:
    """The parsed query of an ordinary request, without touching the database."""
    query, location = request.GET, getattr(request, "clinic", None)
    if location is None or query.get("location"):
        return None
    rules = timetable.current(location, diary.rules)
    today = timezone.now().astimezone(rules.zone).date()
    try:
        option = rules.options[UUID(query["option"])]
        therapist = rules.therapists[UUID(query["therapist"])] if query.get("therapist") else None
        start, end = (date.fromisoformat(query[name]) for name in ("from", "to"))
    except (KeyError, ValueError):
        return None
    last = today + timedelta(days=rules.policy.horizon_days)
    if [start.isoformat(), end.isoformat()] != [query["from"], query["to"]]:
        return None  # 20261124 is ISO 8601 as well, but not what is asked for
    if not today <= start <= end <= last or end - start >= timedelta(days=LONGEST_RANGE):
        return None
    return Question(option=option, start=start, end=end, therapist=therapist, location=location)


def written(free: FreeTimes) -> bytes:
    """The answer as JSON. Thousands of times share a few dates, clock times and therapists."""
    names = {pk: f'"{pk}"' for pk in free.busy.diaries}
    groups = {id(ids): ids for _start, ids in free.openings}  # who is free: each group only once
    who = {key: ", ".join([names[pk] for pk in ids]) for key, ids in groups.items()}
    slots = [
        f'{{"start": "{start}", "therapists": [{who[id(opening.therapist_ids)]}]}}'
        for openings in free.by_day().values()
        for start, opening in zip(_clock_times(openings, free.zone), openings, strict=True)
    ]
    # A zone name is letters, digits and a few signs: nothing here needs escaping.
    return f'{{"timezone": "{free.location.timezone}", "slots": [{", ".join(slots)}]}}'.encode()


def _clock_times(openings: list[Opening], zone: ZoneInfo) -> list[str]:
    """The starts of one local date as ISO 8601."""
    first = moment(openings[0].start).astimezone(zone)
    midnight = to_instant(first.date(), MIDNIGHT, zone, fold=0)
    following = to_instant(first.date() + DAY, MIDNIGHT, zone, fold=0)
    whole_minutes = all(start % MINUTE == midnight % MINUTE for start, _ids in openings)
    if following - midnight == len(CLOCK) * MINUTE and whole_minutes:  # no clock changes
        day, offset = first.isoformat()[:10], first.isoformat()[19:]
        return [f"{day}T{CLOCK[(start - midnight) // MINUTE]}:00{offset}" for start, _ in openings]
    return [moment(start).astimezone(zone).isoformat() for start, _ids in openings]


def problem(form: SlotsForm) -> JsonResponse:
    errors = [
        {"parameter": name, "detail": str(text)}
        for name, texts in form.errors.items()
        for text in texts
    ]
    return JsonResponse(
        {
            "type": "about:blank",
            "title": _("The request is not valid."),
            "status": 400,
            "detail": " ".join(f"{error['parameter']}: {error['detail']}" for error in errors),
            "errors": errors,
        },
        status=400,
        content_type="application/problem+json",
    )
