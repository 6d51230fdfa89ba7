"""The figures of a report, added up by the database: as many queries for a year as for a day.

What is of a visit counts on the day of the visit; what was paid counts on the day it was paid.
Days are the clinic's own: the periods are handed over as instants (`spans.edges`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from billing.reports import opening, spans
from booking.times import timetable
from clinic import selectors
from clinic.models import Room, Therapist

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from billing.reports.spans import Span

# A visit that is not charged yet costs what was agreed, as in `owed.reading`.
VISITS = """
WITH visit AS MATERIALIZED (
    SELECT visit.id, visit.therapist_id, planned.price_cents,
           width_bucket(planned.starts_at, %(edges)s) AS period
      FROM booking_appointment AS planned
      JOIN treatment_visit AS visit ON visit.appointment_id = planned.id
     WHERE planned.location_id IN (SELECT id FROM clinic_location)
       AND planned.starts_at >= %(first)s AND planned.starts_at < %(last)s
       AND visit.status = 'finished'
), hands AS (
    SELECT visit_id, sum(minutes) AS minutes
      FROM treatment_visitminutes JOIN visit ON visit.id = visit_id GROUP BY visit_id
), charged AS (
    SELECT visit_id, sum(units) AS units, sum(list_cents) AS list_cents,
           sum(discount_cents) AS discount_cents, sum(net_cents) AS net_cents
      FROM billing_charge JOIN visit ON visit.id = visit_id
     WHERE retired_at IS NULL GROUP BY visit_id
), paid AS (
    SELECT visit_id, sum(amount_cents) AS paid_cents, sum(refunded_cents) AS refunded_cents
      FROM billing_payment JOIN visit ON visit.id = visit_id
     WHERE voided_at IS NULL GROUP BY visit_id
), bill AS (
    SELECT visit.period, visit.therapist_id,
           coalesce(hands.minutes, 0) AS minutes, coalesce(charged.units, 0) AS units,
           (charged.visit_id IS NULL AND visit.price_cents > 0)::int AS uncharged,
           coalesce(charged.list_cents, visit.price_cents) AS list_cents,
           coalesce(charged.discount_cents, 0) AS discount_cents,
           coalesce(charged.net_cents, visit.price_cents) AS net_cents,
           coalesce(paid.paid_cents, 0) AS paid_cents,
           coalesce(paid.refunded_cents, 0) AS refunded_cents,
           coalesce(charged.net_cents, visit.price_cents)
               - coalesce(paid.paid_cents - paid.refunded_cents, 0) AS left_cents
      FROM visit
      LEFT JOIN hands ON hands.visit_id = visit.id
      LEFT JOIN charged ON charged.visit_id = visit.id
      LEFT JOIN paid ON paid.visit_id = visit.id
)
SELECT period - 1, therapist_id, count(*), sum(minutes)::bigint, sum(units)::bigint,
       sum(uncharged)::bigint, sum(list_cents)::bigint, sum(discount_cents)::bigint,
       sum(net_cents)::bigint, sum(paid_cents)::bigint, sum(refunded_cents)::bigint,
       sum(greatest(left_cents, 0))::bigint, sum(greatest(-left_cents, 0))::bigint
  FROM bill GROUP BY period, therapist_id
"""

# A couple takes its room once. The terms of a booking from before there were any are today's.
DIARY = """
SELECT width_bucket(planned.starts_at, %(edges)s) - 1, planned.room_id,
       count(*) FILTER (WHERE status NOT IN ('held', 'cancelled', 'noshow')),
       (coalesce(sum(extract(epoch FROM ends_at - starts_at)) FILTER (
           WHERE status NOT IN ('held', 'cancelled', 'noshow') AND (seat = 0 OR NOT EXISTS (
               SELECT FROM booking_appointment AS other
                WHERE other.party = planned.party AND other.seat = 0
                  AND other.status NOT IN ('held', 'cancelled', 'noshow')
           ))
       ), 0) / 60)::bigint,
       count(*) FILTER (WHERE status = 'fulfilled'),
       count(*) FILTER (WHERE status = 'noshow'),
       count(*) FILTER (
           WHERE status = 'cancelled' AND cancel_cause = 'client'
             AND cancelled_at > starts_at
                 - make_interval(mins => coalesce(cancel_cutoff, %(cutoff)s))
       ),
       coalesce(sum(fee_cents), 0)::bigint,
       coalesce(sum(fee_cents) FILTER (WHERE fee_paid_at IS NOT NULL), 0)::bigint,
       coalesce(sum(fee_cents) FILTER (WHERE fee_waived_at IS NOT NULL), 0)::bigint
  FROM booking_appointment AS planned
 WHERE location_id IN (SELECT id FROM clinic_location)
   AND starts_at >= %(first)s AND starts_at < %(last)s
 GROUP BY 1, 2
"""

MONEY = """
SELECT method, sum(paid_cents)::bigint, sum(fees_cents)::bigint, sum(refunded_cents)::bigint
  FROM (
    SELECT method, amount_cents AS paid_cents,
           CASE WHEN appointment_id IS NULL THEN 0 ELSE amount_cents END AS fees_cents,
           0 AS refunded_cents
      FROM billing_payment
     WHERE voided_at IS NULL AND paid_at >= %(first)s AND paid_at < %(last)s
    UNION ALL
    SELECT method, 0, 0, amount_cents FROM billing_refund
     WHERE refunded_at >= %(first)s AND refunded_at < %(last)s
  ) AS moved
 GROUP BY method
"""

# By the day of the visit; one that was given back is not counted.
COUPONS = """
SELECT coupon.code, count(*),
       count(*) FILTER (WHERE planned.status = 'fulfilled'),
       coalesce(sum(used.off_cents) FILTER (WHERE planned.status = 'fulfilled'), 0)::bigint
  FROM billing_couponuse AS used
  JOIN billing_coupon AS coupon ON coupon.id = used.coupon_id
  JOIN booking_appointment AS planned ON planned.id = used.appointment_id
 WHERE used.released_at IS NULL
   AND planned.starts_at >= %(first)s AND planned.starts_at < %(last)s
 GROUP BY coupon.code ORDER BY coupon.code
"""

# An order ends with its last visit, its last day, or when another replaces it: what comes first.
ORDERS = """
WITH ended AS (
    SELECT ended.client_id, ended.created_at, ended.superseded_by_id, ended.through_on,
           used.on_day AS used_on,
           (newer.approved_at AT TIME ZONE %(zone)s)::date AS replaced_on
      FROM prescriptions_prescription AS ended
      LEFT JOIN prescriptions_prescription AS newer ON newer.id = ended.superseded_by_id
      LEFT JOIN LATERAL (
          SELECT max(visit_on) AS on_day FROM prescriptions_visitreservation
           WHERE prescription_id = ended.id AND status = 'used'
             AND ended.used >= ended.authorized
      ) AS used ON true
     WHERE ended.status IN ('approved', 'superseded')
       AND ended.through_on >= %(first_day)s AND ended.starts_on <= %(last_day)s
)
SELECT CASE WHEN least(through_on, replaced_on) >= used_on THEN 'used'
            WHEN replaced_on <= through_on THEN 'replaced' ELSE 'dates' END,
       count(*) FILTER (WHERE is_renewed),
       count(*) FILTER (WHERE is_waiting AND NOT is_renewed),
       count(*) FILTER (WHERE NOT is_waiting AND NOT is_renewed)
  FROM ended, LATERAL (
      SELECT ended.superseded_by_id IS NOT NULL
                 OR coalesce(bool_or(status IN ('approved', 'superseded')), false) AS is_renewed,
             coalesce(bool_or(status IN ('submitted', 'needs_information')), false) AS is_waiting
        FROM prescriptions_prescription AS later
       WHERE later.client_id = ended.client_id AND later.created_at > ended.created_at
  ) AS later
 WHERE least(through_on, used_on, replaced_on) BETWEEN %(first_day)s AND %(last_day)s
 GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Visits:
    """Finished visits of one therapist in one period. Whole minutes, integer cents."""

    period: int
    therapist_id: UUID
    visits: int
    minutes: int  # hands-on
    units: int  # of those that are charged
    uncharged: int  # how many are not yet
    list_cents: int
    discount_cents: int
    net_cents: int
    paid_cents: int
    refunded_cents: int
    owed_cents: int
    credit_cents: int  # paid too much


@dataclass(frozen=True, slots=True)
class Diary:
    """What was in the diary of one room in one period."""

    period: int
    room_id: UUID
    sessions: int
    booked_minutes: int  # without what is blocked before and after
    done: int
    no_shows: int
    late: int  # canceled by the client after the cut-off
    fee_cents: int
    fee_paid_cents: int
    fee_waived_cents: int


@dataclass(frozen=True, slots=True)
class Money:
    """What came in and what was given back by one way of paying."""

    method: str
    paid_cents: int
    fees_cents: int  # of that, for missed visits and late cancellations
    refunded_cents: int


@dataclass(frozen=True, slots=True)
class Coupons:
    """How often a coupon was used, and what it took off visits that took place."""

    code: str
    uses: int
    done: int
    off_cents: int


@dataclass(frozen=True, slots=True)
class Orders:
    """Prescriptions that ended: `how` is used, dates or replaced."""

    how: str
    renewed: int
    waiting: int  # a newer one is being reviewed
    lapsed: int


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is made of."""

    span: Span
    periods: list[Span]
    visits: list[Visits]
    diary: list[Diary]
    money: list[Money]
    coupons: list[Coupons]
    orders: list[Orders]
    therapists: dict[UUID, str]
    rooms: dict[UUID, str]  # in use, now or then
    open_minutes: int  # when at least one person worked
    as_of: datetime


Row = TypeVar("Row", Visits, Diary, Money, Coupons, Orders)


def read(span: Span, version: str | None = None) -> Facts:
    """Eight queries, and those of changed rules; `version` of the rules, where it is known."""
    rules = timetable.current(selectors.location(), version)
    periods = spans.periods(span)
    edges = spans.edges(periods, rules.zone)
    given = {
        "edges": edges,
        "first": edges[0],
        "last": edges[-1],
        "first_day": span.first,
        "last_day": span.last,
        "zone": str(rules.zone),
        "cutoff": rules.policy.cancel_cutoff,
    }
    days = [span.first + timedelta(days=number) for number in range(span.days)]
    diary = _rows(Diary, DIARY, given)
    rooms = Room.objects.filter(Q(is_active=True) | Q(pk__in={row.room_id for row in diary}))
    return Facts(
        span=span,
        periods=periods,
        visits=_rows(Visits, VISITS, given),
        diary=diary,
        money=_rows(Money, MONEY, given),
        coupons=_rows(Coupons, COUPONS, given),
        orders=_rows(Orders, ORDERS, given),
        therapists=dict(Therapist.objects.values_list("pk", "name")),
        rooms=dict(rooms.values_list("pk", "name")),
        open_minutes=opening.minutes_open(rules.hours, rules.away, days),
        as_of=timezone.now(),
    )


def _rows(kind: type[Row], query: str, given: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(query, given)
        return [kind(*row) for row in cursor.fetchall()]
