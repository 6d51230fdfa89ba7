"""Whether a document of a visit still says what is true. Pure: two sets of figures compared.

What differs is said in words.

What was true when it was issued stays on it. When the visit or a payment is corrected later,
the desk is told what it shows and what is so today, and offered another in its place.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.format import day, money, us_date

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from billing.models import Charge, DocumentLine
    from billing.pricing import Line

    AnyLine = Charge | DocumentLine | Line


@dataclass(frozen=True, slots=True)
class Money:
    """A payment, or a refund (less than nothing), as it is printed."""

    cents: int
    method: str
    reference: str
    on: date

    def __str__(self) -> str:
        if self.cents < 0:
            return _("a refund of %(amount)s (%(method)s, %(day)s)") % self._parts()
        return _("a payment of %(amount)s (%(method)s, %(day)s)") % self._parts()

    def _parts(self) -> dict[str, str]:
        return {
            "amount": money(abs(self.cents)),
            "method": f"{self.method} {self.reference}".strip(),
            "day": day(self.on),
        }


@dataclass(frozen=True, slots=True)
class Worked:
    """One line of a bill."""

    description: str
    minutes: int
    units: int
    list_cents: int
    net_cents: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All on it that a correction of the visit or of a payment can change."""

    patient: str
    therapist: str
    service: str
    service_on: date
    lines: tuple[Worked, ...]
    payments: tuple[Money, ...]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @property
    def net_cents(self) -> int:
        return sum(line.net_cents for line in self.lines)


def figures(copy: Mapping[str, Any], service_on: date, lines: Iterable[AnyLine]) -> Figures:
    """From the copy that a document keeps (`copies.of_visit`), and its lines."""
    return Figures(
        patient=copy["patient"]["name"],
        therapist=copy["therapist"]["name"],
        service=copy["service"],
        service_on=service_on,
        lines=tuple(
            Worked(one.description, one.minutes, one.units, one.list_cents, one.net_cents)
            for one in lines
        ),
        payments=tuple(
            Money(
                one["amount_cents"],
                one["method"],
                one["reference"],
                date.fromisoformat(one["paid_on"]),
            )
            for one in copy["payments"]
        ),
    )


def differences(shown: Figures, now: Figures) -> list[str]:
    """What the document shows and what is so now, a sentence each; none: it is up to date."""
    return [*_facts(shown, now), *_work(shown, now), *_money(shown.payments, now.payments)]


def _facts(shown: Figures, now: Figures) -> Iterable[str]:
    pairs = [
        (shown.patient, now.patient),
        (shown.therapist, now.therapist),
        (shown.service, now.service),
        (us_date(shown.service_on), us_date(now.service_on)),
    ]
    for was, is_now in pairs:
        if was != is_now:
            yield _it_is(was, is_now)


def _work(shown: Figures, now: Figures) -> Iterable[str]:
    if shown.minutes != now.minutes:
        yield _it_is(_minutes(shown.minutes), _minutes(now.minutes))
    if shown.net_cents != now.net_cents:
        was, is_now = money(shown.net_cents), money(now.net_cents)
        yield _("It shows a total of %(was)s; the total is %(now)s now.") % {
            "was": was,
            "now": is_now,
        }
    if shown.lines != now.lines and (shown.minutes, shown.net_cents) == (
        now.minutes,
        now.net_cents,
    ):
        yield _("Its lines are not those of the visit any more.")


def _money(shown: Sequence[Money], now: Sequence[Money]) -> Iterable[str]:
    """A payment whose method alone differs is one sentence, not two."""
    gone = list((Counter(shown) - Counter(now)).elements())
    new = list((Counter(now) - Counter(shown)).elements())
    for one in list(gone):
        twin = next((two for two in new if (two.cents, two.on) == (one.cents, one.on)), None)
        if twin is not None:
            gone.remove(one)
            new.remove(twin)
            yield _("It shows %(was)s for %(amount)s; it was %(now)s.") % {
                "was": f"{one.method} {one.reference}".strip(),
                "amount": money(abs(one.cents)),
                "now": f"{twin.method} {twin.reference}".strip(),
            }
    for one in gone:
        yield _("It shows %(money)s, which does not count any more.") % {"money": one}
    for one in new:
        yield _("It does not show %(money)s.") % {"money": one}


def _it_is(was: str, now: str) -> str:
    return _("It shows %(was)s; it is %(now)s now.") % {"was": was, "now": now}


def _minutes(count: int) -> str:
    return ngettext("%(count)d minute", "%(count)d minutes", count) % {"count": count}
