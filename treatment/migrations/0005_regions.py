"""What was treated, and which minutes lay outside the order. Both are figures of a visit: once its
note is signed they change with a correction only.
"""

from django.db import migrations, models
from django.db.models import F, Q

WITH_REGIONS = """
CREATE OR REPLACE FUNCTION treatment_expect_figures(seen uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    told jsonb;
    kept jsonb;
BEGIN
    SELECT coalesce(
               (SELECT entry.after FROM treatment_visitcorrection AS entry
                 WHERE entry.visit_id = seen ORDER BY entry.number DESC LIMIT 1),
               note.figures)
      INTO told FROM treatment_treatmentnote AS note
     WHERE note.visit_id = seen AND note.signed_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT jsonb_build_object(
               'arrived', extract(epoch FROM visit.arrived_at),
               'started', extract(epoch FROM visit.started_at),
               'stopped', extract(epoch FROM visit.stopped_at),
               'therapist', visit.therapist_id,
               'minutes', coalesce((
                   SELECT jsonb_agg(jsonb_build_array(row.technique_id, row.minutes, row.outside)
                                    ORDER BY row.position)
                     FROM treatment_visitminutes AS row WHERE row.visit_id = visit.id), '[]'),
               'regions', visit.regions)
      INTO kept FROM treatment_visit AS visit
     WHERE visit.id = seen AND visit.status = 'finished';
    IF kept IS NULL THEN  -- taken back: the correction says nothing is left
        IF told <> '{}' THEN
            RAISE EXCEPTION 'a signed visit changes with a correction only'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN;
    END IF;
    IF kept IS DISTINCT FROM jsonb_build_object(
        'arrived', extract(epoch FROM (told ->> 'arrived')::timestamptz),
        'started', extract(epoch FROM (told ->> 'started')::timestamptz),
        'stopped', extract(epoch FROM (told ->> 'stopped')::timestamptz),
        'therapist', told -> 'therapist' -> 'id',
        'minutes', coalesce((
            SELECT jsonb_agg(jsonb_build_array(one -> 'id', one -> 'minutes',
                                               coalesce(one -> 'outside', '0')) ORDER BY place)
              FROM jsonb_array_elements(told -> 'minutes') WITH ORDINALITY AS each (one, place)
        ), '[]'),
        'regions', coalesce(told -> 'regions', '[]')) THEN
        RAISE EXCEPTION 'a signed visit changes with a correction only'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

DROP TRIGGER IF EXISTS treatment_signed_visit ON treatment_visit;
CREATE CONSTRAINT TRIGGER treatment_signed_visit
    AFTER UPDATE OF status, arrived_at, started_at, stopped_at, therapist_id, appointment_id,
                    regions
    ON treatment_visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION treatment_visit_as_told();
"""
WITHOUT = """
CREATE OR REPLACE FUNCTION treatment_expect_figures(seen uuid) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    told jsonb;
    kept jsonb;
BEGIN
    SELECT coalesce(
               (SELECT entry.after FROM treatment_visitcorrection AS entry
                 WHERE entry.visit_id = seen ORDER BY entry.number DESC LIMIT 1),
               note.figures)
      INTO told FROM treatment_treatmentnote AS note
     WHERE note.visit_id = seen AND note.signed_at IS NOT NULL;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT jsonb_build_object(
               'arrived', extract(epoch FROM visit.arrived_at),
               'started', extract(epoch FROM visit.started_at),
               'stopped', extract(epoch FROM visit.stopped_at),
               'therapist', visit.therapist_id,
               'minutes', coalesce((
                   SELECT jsonb_agg(jsonb_build_array(row.technique_id, row.minutes)
                                    ORDER BY row.position)
                     FROM treatment_visitminutes AS row WHERE row.visit_id = visit.id), '[]'))
      INTO kept FROM treatment_visit AS visit
     WHERE visit.id = seen AND visit.status = 'finished';
    IF kept IS NULL THEN  -- taken back: the correction says nothing is left
        IF told <> '{}' THEN
            RAISE EXCEPTION 'a signed visit changes with a correction only'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN;
    END IF;
    IF kept IS DISTINCT FROM jsonb_build_object(
        'arrived', extract(epoch FROM (told ->> 'arrived')::timestamptz),
        'started', extract(epoch FROM (told ->> 'started')::timestamptz),
        'stopped', extract(epoch FROM (told ->> 'stopped')::timestamptz),
        'therapist', told -> 'therapist' -> 'id',
        'minutes', coalesce((
            SELECT jsonb_agg(jsonb_build_array(one -> 'id', one -> 'minutes') ORDER BY place)
              FROM jsonb_array_elements(told -> 'minutes') WITH ORDINALITY AS each (one, place)
        ), '[]')) THEN
        RAISE EXCEPTION 'a signed visit changes with a correction only'
            USING ERRCODE = 'check_violation';
    END IF;
END $$;

DROP TRIGGER IF EXISTS treatment_signed_visit ON treatment_visit;
CREATE CONSTRAINT TRIGGER treatment_signed_visit
    AFTER UPDATE OF status, arrived_at, started_at, stopped_at, therapist_id, appointment_id
    ON treatment_visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION treatment_visit_as_told();
"""


class Migration(migrations.Migration):
    dependencies = [("treatment", "0004_notes_guards")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="regions",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="visitminutes",
            name="outside",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddConstraint(
            model_name="visitminutes",
            constraint=models.CheckConstraint(
                condition=Q(("outside__lte", F("minutes"))), name="visit_minutes_outside_are_some"
            ),
        ),
        migrations.RunSQL(WITH_REGIONS, WITHOUT),
    ]
