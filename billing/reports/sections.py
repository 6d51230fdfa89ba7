"""The sections of a report: each a finding, its plot, and its table. Pure, but for the words.

Another subject is one more function in `SECTIONS`, and what it reads one more field of
`reading.Facts`: the page, the files and the links to them follow.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.models import Method
from billing.reports import plots, spans
from billing.reports.tables import Column, Kind, Row, Table, hours, percent
from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence

    from django_stubs_ext import StrOrPromise

    from billing.reports.plots import Plot
    from billing.reports.reading import Facts

LONGEST_NAME = 15  # letters beside a bar; the table has the whole name
THOUSAND = 1000
NARROW = 5  # columns
ABOUT = ("period", "therapist_id", "room_id", "method", "how", "code")  # what rows are about


@dataclass(frozen=True, slots=True)
class Figure:
    """A plot and its words. `texts` are the figures at its bars, `scale` those at its ticks."""

    shape: str  # "upright", "lying" or "shares"
    plot: Plot
    words: str  # for who does not see it
    legend: Sequence[StrOrPromise] = ()
    texts: Sequence[str] = ()
    scale: Sequence[str] = ()

    @property
    def bars(self) -> list[tuple[plots.Bar, str]]:
        return list(zip(self.plot.bars, self.texts, strict=False))

    @property
    def ticks(self) -> list[tuple[plots.Tick, str]]:
        return list(zip(self.plot.ticks, self.scale, strict=True))


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    name: StrOrPromise  # what it is about, for its file
    finding: str
    table: Table
    figure: Figure
    note: StrOrPromise = ""

    @property
    def is_wide(self) -> bool:
        """Its table needs the width of the page."""
        return len(self.table.columns) > NARROW


REVENUE = (
    Column("visits", gettext_lazy("Visits")),
    Column("list_cents", gettext_lazy("Charged"), Kind.CENTS),
    Column("discount_cents", gettext_lazy("Discounts"), Kind.CENTS),
    Column("net_cents", gettext_lazy("Net"), Kind.CENTS),
    Column("paid_cents", gettext_lazy("Paid"), Kind.CENTS),
    Column("refunded_cents", gettext_lazy("Refunded"), Kind.CENTS),
    Column("owed_cents", gettext_lazy("Owed"), Kind.CENTS),
    Column("credit_cents", gettext_lazy("To give back"), Kind.CENTS),
)
PAYMENTS = (
    Column("paid_cents", gettext_lazy("Paid"), Kind.CENTS),
    Column("fees_cents", gettext_lazy("Of that, fees"), Kind.CENTS),
    Column("refunded_cents", gettext_lazy("Refunded"), Kind.CENTS),
    Column("kept_cents", gettext_lazy("Kept"), Kind.CENTS),
)
COUPONS = (
    Column("uses", gettext_lazy("Used")),
    Column("done", gettext_lazy("Visits done")),
    Column("off_cents", gettext_lazy("Taken off"), Kind.CENTS),
)
THERAPISTS = (
    Column("visits", gettext_lazy("Visits")),
    Column("minutes", gettext_lazy("Hands-on"), Kind.MINUTES),
    Column("units", gettext_lazy("Units")),
    Column("net_cents", gettext_lazy("Net"), Kind.CENTS),
)
MISSED = (
    Column("done", gettext_lazy("Done")),
    Column("no_shows", gettext_lazy("No-shows")),
    Column("late", gettext_lazy("Late cancellations")),
    Column("share", gettext_lazy("Missed"), Kind.SHARE, "missed", "planned"),
    Column("fee_cents", gettext_lazy("Fees"), Kind.CENTS),
    Column("fee_paid_cents", gettext_lazy("Paid"), Kind.CENTS),
    Column("fee_waived_cents", gettext_lazy("Waived"), Kind.CENTS),
    Column("fee_open_cents", gettext_lazy("Open"), Kind.CENTS),
)
ROOMS = (
    Column("sessions", gettext_lazy("Sessions")),
    Column("booked_minutes", gettext_lazy("Booked"), Kind.MINUTES),
    Column("open_minutes", gettext_lazy("Open"), Kind.MINUTES),
    Column("share", gettext_lazy("In use"), Kind.SHARE, "booked_minutes", "open_minutes"),
)
ORDERS = (
    Column("ended", gettext_lazy("Ended")),
    Column("renewed", gettext_lazy("Renewed")),
    Column("waiting", gettext_lazy("In review")),
    Column("lapsed", gettext_lazy("Not renewed")),
    Column("share", gettext_lazy("Share renewed"), Kind.SHARE, "renewed", "ended"),
)
HOW = {
    "used": gettext_lazy("All visits used"),
    "dates": gettext_lazy("Last day passed"),
    "replaced": gettext_lazy("Replaced before its end"),
}


@dataclass(frozen=True, slots=True)
class Headline:
    name: StrOrPromise
    figure: str
    more: str


def of(facts: Facts) -> list[Section]:
    return [make(facts) for make in SECTIONS.values()]


def headlines(found: Sequence[Section]) -> list[Headline]:
    """What a manager looks for first; each number is also in the last line of a table."""
    total = {section.key: section.table.total.values for section in found}
    visits, missed_, rooms_ = total["revenue"], total["missed"], total["rooms"]
    net, owed = money(visits["net_cents"]), money(visits["owed_cents"])
    minutes = total["therapists"].get("minutes", 0)
    shared = percent(missed_.get("missed", 0), missed_.get("planned", 0))
    used = percent(rooms_["booked_minutes"], rooms_["open_minutes"])
    booked = hours(rooms_["booked_minutes"])
    renewed, ended = total["renewals"]["renewed"], total["renewals"]["ended"]
    count = missed_.get("missed", 0)
    return [
        Headline(_("Net revenue"), net, _("%(owed)s of it owed") % {"owed": owed}),
        Headline(
            _("Visits done"),
            f"{visits['visits']:,}",
            _("%(hours)s hands-on hours") % {"hours": hours(minutes)},
        ),
        Headline(_("Rooms in use"), used, _("%(hours)s hours booked") % {"hours": booked}),
        Headline(
            _("Missed"),
            shared,
            ngettext("one visit", "%(count)s visits", count) % {"count": f"{count:,}"},
        ),
        Headline(
            _("Prescriptions renewed"),
            _("%(renewed)s of %(ended)s") % {"renewed": f"{renewed:,}", "ended": f"{ended:,}"},
            _("%(waiting)s more in review") % {"waiting": total["renewals"]["waiting"]},
        ),
    ]


def revenue(facts: Facts) -> Section:
    table = _by_period(facts, facts.visits, REVENUE)
    total = table.total.values
    kept = [row.values["net_cents"] - row.values["owed_cents"] for row in table.rows]
    owed = [row.values["owed_cents"] for row in table.rows]
    figure = _upright(facts, table, [kept, owed], [_("Settled"), _("Owed")], cents=True)
    count = total.get("visits", 0)
    finding = ngettext("%(net)s from one visit", "%(net)s from %(count)s visits", count) % {
        "net": money(total["net_cents"]),
        "count": f"{count:,}",
    }
    note = _("By the day of the visit, with what was paid for it on any day, and what is owed now.")
    uncharged = _uncharged(total)
    return Section("revenue", _("Revenue"), finding, table, figure, f"{note} {uncharged}".strip())


def _uncharged(total: Mapping[str, int]) -> str:
    count = total.get("uncharged", 0)
    if not count:
        return ""
    return ngettext(
        "One visit is not charged yet. It counts at its agreed price, and with no units.",
        "%(count)s visits are not charged yet. They count at their agreed price, and with no"
        " units.",
        count,
    ) % {"count": f"{count:,}"}


def payments(facts: Facts) -> Section:
    sums = {row.method: row for row in facts.money}
    rows = []
    for method, label in Method.choices:
        if (one := sums.get(method)) is not None:
            kept = one.paid_cents - one.refunded_cents
            rows.append(Row(str(label), {**dict(_counts(one)), "kept_cents": kept}))
    table = Table(_("Paid with"), PAYMENTS, rows, _("All"))
    paid = [row.values["paid_cents"] for row in rows]
    names = [row.name for row in rows]
    finding = _("No payments")
    if rows:
        most = names[paid.index(max(paid))]
        finding = _("%(paid)s paid, most of it by %(method)s") % {
            "paid": money(sum(paid)),
            "method": _inside(most),
        }
    figure = _lying(names, paid, [money(value) for value in paid])
    note = _("By the day the money came or went, for visits and fees of any day.")
    return Section("payments", _("Payments"), finding, table, figure, note)


def coupons(facts: Facts) -> Section:
    rows = [Row(one.code, dict(_counts(one))) for one in facts.coupons]
    table = Table(_("Coupon"), COUPONS, rows, _("All"))
    off = [row.values["off_cents"] for row in rows]
    figure = _lying([row.name for row in rows], off, [money(value) for value in off])
    count = table.total.values.get("done", 0)
    finding = _("No coupon was used")
    if rows:
        finding = ngettext(
            "%(off)s taken off one visit", "%(off)s taken off %(count)s visits", count
        ) % {"off": money(sum(off)), "count": f"{count:,}"}
    note = _("By the day of the visit. Used counts visits that are still to come, too.")
    return Section("coupons", _("Coupons"), finding, table, figure, note)


def _inside(name: str) -> str:
    """A name in the middle of a sentence: "card", but "HSA card"."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def therapists(facts: Facts) -> Section:
    sums = _sums(facts.visits, "therapist_id")
    rows = [Row(name, sums[pk]) for pk, name in facts.therapists.items() if pk in sums]
    table = Table(_("Therapist"), THERAPISTS, rows, _("All"))
    minutes = [row.values["minutes"] for row in rows]
    figure = _lying([row.name for row in rows], minutes, [hours(value) for value in minutes])
    total = table.total.values
    finding = _("%(hours)s hours with clients, %(units)s units") % {
        "hours": hours(total["minutes"]),
        "units": f"{total['units']:,}",
    }
    note = _("Hours and minutes of hands-on care, as recorded.")
    return Section("therapists", _("Therapists"), finding, table, figure, note)


def missed(facts: Facts) -> Section:
    table = _by_period(facts, facts.diary, MISSED, _with_missed)
    total = table.total.values
    series = [[row.values[key] for row in table.rows] for key in ("no_shows", "late")]
    figure = _upright(facts, table, series, [_("No-shows"), _("Late cancellations")])
    count = total.get("missed", 0)
    finding = ngettext(
        "One visit of %(planned)s was missed", "%(count)s visits of %(planned)s were missed", count
    ) % {"count": f"{count:,}", "planned": f"{total.get('planned', 0):,}"}
    return Section("missed", _("No-shows and late cancellations"), finding, table, figure)


def _with_missed(values: dict[str, int]) -> None:
    values["missed"] = values["no_shows"] + values["late"]
    values["planned"] = values["done"] + values["missed"]
    paid, waived = values["fee_paid_cents"], values["fee_waived_cents"]
    values["fee_open_cents"] = values["fee_cents"] - paid - waived


def rooms(facts: Facts) -> Section:
    sums = _sums(facts.diary, "room_id")
    rows = []
    for pk, name in facts.rooms.items():
        one = sums.get(pk, {})
        values = {key: one.get(key, 0) for key in ("sessions", "booked_minutes")}
        rows.append(Row(name, {**values, "open_minutes": facts.open_minutes}))
    table = Table(_("Room"), ROOMS, rows, _("All"))
    booked = [row.values["booked_minutes"] for row in rows]
    shares = [percent(value, facts.open_minutes) for value in booked]
    wholes = [facts.open_minutes] * len(rows)
    legend = [_("Booked"), _("Open")]
    figure = _lying([row.name for row in rows], booked, shares, wholes, legend)
    total = table.total.values
    finding = _("No open hours")
    if total["open_minutes"]:
        finding = _("Rooms were in use %(share)s of the open hours") % {
            "share": percent(total["booked_minutes"], total["open_minutes"])
        }
    note = _(
        "A room is open while at least one person works, by the hours as they are set now. A"
        " session counts as booked, without the time between sessions. A couple takes its room"
        " once."
    )
    return Section("rooms", _("Rooms"), finding, table, figure, note)


def orders(facts: Facts) -> Section:
    sums = {row.how: row for row in facts.orders}
    rows = []
    for how, label in HOW.items():
        if (one := sums.get(how)) is not None:
            values = {"renewed": one.renewed, "waiting": one.waiting, "lapsed": one.lapsed}
            rows.append(Row(str(label), {**values, "ended": sum(values.values())}))
    table = Table(_("How it ended"), ORDERS, rows, _("All"))
    total = table.total.values
    parts = [total[key] for key in ("renewed", "waiting", "lapsed")]
    legend = [_("Renewed"), _("In review"), _("Not renewed")]
    words = ", ".join(f"{name}: {value:,}" for name, value in zip(legend, parts, strict=True))
    figure = Figure("shares", plots.shares(parts), words, legend)
    count = total["ended"]
    finding = _("No prescription ended")
    if count:
        finding = ngettext(
            "%(renewed)s of one prescription that ended was renewed",
            "%(renewed)s of %(count)s prescriptions that ended were renewed",
            count,
        ) % {"renewed": f"{total['renewed']:,}", "count": f"{count:,}"}
    return Section("renewals", _("Renewals"), finding, table, figure)


SECTIONS: dict[str, Callable[[Facts], Section]] = {
    "revenue": revenue,
    "payments": payments,
    "therapists": therapists,
    "missed": missed,
    "rooms": rooms,
    "renewals": orders,
    "coupons": coupons,
}


def _sums(rows: Iterable[Any], by: str) -> dict[Hashable, dict[str, int]]:
    """What such rows count, added up for each value of one field."""
    found: defaultdict[Hashable, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        sums = found[getattr(row, by)]
        for key, value in _counts(row):
            sums[key] += value
    return {key: dict(sums) for key, sums in found.items()}


def _counts(row: Any) -> list[tuple[str, int]]:
    """What a row counts; not what it is about."""
    names = [field.name for field in fields(row) if field.name not in ABOUT]
    return [(name, getattr(row, name)) for name in names]


def _by_period(
    facts: Facts,
    counted: Sequence[Any],
    columns: Sequence[Column],
    complete: Callable[[dict[str, int]], None] = lambda _values: None,
) -> Table:
    """A row for each week or month, also an empty one."""
    sums = _sums(counted, "period")
    names = spans.labels(facts.periods, by_week=_is_by_week(facts))
    keys = {key for values in sums.values() for key in values}
    keys |= {column.key for column in columns if column.kind != Kind.SHARE}
    rows = []
    for place, name in enumerate(names):
        values = {key: sums.get(place, {}).get(key, 0) for key in sorted(keys)}
        complete(values)
        rows.append(Row(name, values))
    head = _("Week") if _is_by_week(facts) else _("Month")
    return Table(head, columns, rows, _("All"))


def _is_by_week(facts: Facts) -> bool:
    return facts.span.days <= spans.BY_WEEK


def _upright(
    facts: Facts,
    table: Table,
    series: Sequence[Sequence[int]],
    legend: Sequence[str],
    *,
    cents: bool = False,
) -> Figure:
    plot = plots.upright(_short_names(facts), series)
    write = _dollars if cents else str
    words = "; ".join(
        f"{row.name}: "
        + ", ".join(
            f"{name} {money(values[place]) if cents else values[place]}"
            for name, values in zip(legend, series, strict=True)
        )
        for place, row in enumerate(table.rows)
    )
    texts = [write(bar.total) if bar.total else "" for bar in plot.bars]
    scale = [write(tick.value) for tick in plot.ticks]
    return Figure("upright", plot, words, legend, texts, scale)


def _short_names(facts: Facts) -> list[str]:
    """There is little room below a bar: 4-10 for a week, Oct for a month."""
    if not _is_by_week(facts):
        return [date_format(one.first, "M") for one in facts.periods]
    return [
        str(one.first.day) if one.days == 1 else f"{one.first.day}{spans.EN_DASH}{one.last.day}"
        for one in facts.periods
    ]


def _lying(
    names: Sequence[str],
    values: Sequence[int],
    texts: Sequence[str],
    wholes: Sequence[int] = (),
    legend: Sequence[str] = (),
) -> Figure:
    short = [_clipped(name) for name in names]
    plot = plots.lying(short, [max(0, value) for value in values], wholes)
    words = "; ".join(f"{name}: {text}" for name, text in zip(names, texts, strict=True))
    return Figure("lying", plot, words, legend, texts)


def _clipped(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"


def _dollars(cents: int) -> str:
    """At a bar: 950, 1.8k, 18k; the table has the cents."""
    dollars = (cents + 50) // 100
    if dollars < THOUSAND:
        return str(dollars)
    tenths = (dollars + 50) // 100
    if dollars >= 10 * THOUSAND or tenths % 10 == 0:
        return f"{(tenths + 5) // 10}k"
    return f"{tenths // 10}.{tenths % 10}k"
