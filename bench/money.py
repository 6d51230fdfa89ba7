"""What the report adds up: finished visits with their minutes, charges and payments."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

VISITS = 10_000  # the latest that have none yet, or as many as there are

# Two techniques, two lines, one payment; one of ten visits is paid in part, one not at all.
FILL = """
CREATE TEMPORARY TABLE latest AS
    SELECT id, client_id, therapist_id, starts_at, price_cents, gen_random_uuid() AS visit_id,
           row_number() OVER (ORDER BY starts_at, id) AS number
      FROM booking_appointment AS past WHERE status = 'fulfilled'
       AND NOT EXISTS (SELECT FROM treatment_visit AS visit WHERE visit.appointment_id = past.id)
     ORDER BY starts_at DESC, id LIMIT %(visits)s;
INSERT INTO treatment_visit (id, created_at, updated_at, appointment_id, therapist_id, status,
        arrived_at, started_at, stopped_at, times_reason, late_reason, late_missing, times_checked,
        regions)
    SELECT visit_id, now(), now(), id, therapist_id, 'finished', starts_at, starts_at,
           starts_at + interval '58 minutes', '', '', '', false, '[]' FROM latest;
INSERT INTO clinic_technique (id, created_at, updated_at, name, position, is_active)
    SELECT gen_random_uuid(), now(), now(), 'Of the report ' || n, n, true
      FROM generate_series(1, 2) AS n;
INSERT INTO treatment_visitminutes (id, created_at, updated_at, visit_id, technique_id, minutes,
        outside, position)
    SELECT gen_random_uuid(), now(), now(), visit_id, technique.id, 40 / technique.position, 0,
           technique.position
      FROM latest, clinic_technique AS technique
     WHERE technique.name LIKE 'Of the report %%';
INSERT INTO billing_charge (id, created_at, updated_at, visit_id, description, minutes, units,
        list_cents, discount_cents, net_cents, is_eligible, is_extra, position)
    SELECT gen_random_uuid(), now(), now(), visit_id, 'Massage', 40 / n, 4 - n,
           price_cents / 2, 0, price_cents / 2, true, false, n
      FROM latest, generate_series(1, 2) AS n;
INSERT INTO billing_payment (id, created_at, updated_at, client_id, visit_id, method, amount_cents,
        refunded_cents, reference, paid_at, received_by_id, form_token, void_reason)
    SELECT gen_random_uuid(), now(), now(), client_id, visit_id,
           (ARRAY['card', 'hsa', 'cash'])[number %% 3 + 1],
           price_cents / CASE number %% 10 WHEN 1 THEN 2 ELSE 1 END, 0, '',
           starts_at + interval '1 hour', (SELECT id FROM clinic_user LIMIT 1),
           gen_random_uuid(), ''
      FROM latest WHERE number %% 10 > 0;
DROP TABLE latest
"""


def fill_billed(cursor: Cursor) -> None:
    cursor.execute(FILL, {"visits": VISITS})
