"""Finished visits that were not billed yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

VISITS = 1000  # at most half as many as there are appointments in the past
# Of past appointments, as a therapist records them: 53 hands-on minutes.
_VISIT = """
    INSERT INTO treatment_visit (id, created_at, updated_at, appointment_id, therapist_id, status,
        arrived_at, started_at, stopped_at, times_reason, late_reason, late_missing, times_checked,
        regions)
    SELECT gen_random_uuid(), now(), now(), id, therapist_id, 'finished',
           starts_at, starts_at, starts_at + interval '58 minutes', '', '', '', FALSE, '[]'
      FROM booking_appointment WHERE status = 'fulfilled' ORDER BY starts_at DESC
     LIMIT least(%s, (SELECT count(*) / 2 FROM booking_appointment WHERE status = 'fulfilled'))
"""
_MINUTES = """
    INSERT INTO treatment_visitminutes (id, created_at, updated_at, visit_id, technique_id,
        minutes, outside, position)
    SELECT gen_random_uuid(), now(), now(), visit.id, technique.id, 53, 0, 0
      FROM treatment_visit AS visit, clinic_technique AS technique
     WHERE NOT EXISTS (SELECT FROM treatment_treatmentnote AS note WHERE note.visit_id = visit.id)
"""


def fill_unbilled(cursor: Cursor) -> None:
    cursor.execute(_VISIT, [VISITS])
    cursor.execute(_MINUTES)
