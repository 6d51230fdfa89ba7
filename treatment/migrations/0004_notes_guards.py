"""What is signed stays as it is, no matter who writes: our code by a slip, or somebody with SQL.

The named doors: another key (`clinic.reseal`) may encrypt the same words again, and a signature or
an addendum is taken only of the login that the transaction acts for (`clinic.actor`). Figures of a
signed visit change together with a correction, which says who, when and why: held at the commit.
"""

from django.db import migrations

FINAL = """
CREATE OR REPLACE FUNCTION treatment_keep_note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a signed note is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(current_setting('clinic.reseal', true), '') = 'on'
       AND to_jsonb(NEW) - 'said' = to_jsonb(OLD) - 'said' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a signed note never changes; it takes addenda'
        USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_note_signed_is_final
    BEFORE UPDATE OR DELETE ON treatment_treatmentnote
    FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL) EXECUTE FUNCTION treatment_keep_note();

CREATE OR REPLACE FUNCTION treatment_sign_as_yourself() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('clinic.actor', true), '') <> NEW.signed_by_id::text THEN
        RAISE EXCEPTION 'a note is signed by who is signed in' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER treatment_note_signed_by_oneself_new
    BEFORE INSERT ON treatment_treatmentnote
    FOR EACH ROW WHEN (NEW.signed_at IS NOT NULL) EXECUTE FUNCTION treatment_sign_as_yourself();
CREATE OR REPLACE TRIGGER treatment_note_signed_by_oneself
    BEFORE UPDATE ON treatment_treatmentnote
    FOR EACH ROW WHEN (OLD.signed_at IS NULL AND NEW.signed_at IS NOT NULL)
    EXECUTE FUNCTION treatment_sign_as_yourself();

CREATE OR REPLACE FUNCTION treatment_keep_addendum() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF coalesce(current_setting('clinic.actor', true), '') <> NEW.by_id::text THEN
            RAISE EXCEPTION 'an addendum is by who is signed in' USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT FROM treatment_treatmentnote AS note
                        WHERE note.id = NEW.note_id AND note.signed_at IS NOT NULL) THEN
            RAISE EXCEPTION 'only a signed note takes addenda' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF coalesce(current_setting('clinic.reseal', true), '') = 'on'
           AND to_jsonb(NEW) - 'text' = to_jsonb(OLD) - 'text' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an addendum never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_addendum_is_final
    BEFORE INSERT OR UPDATE OR DELETE ON treatment_noteaddendum
    FOR EACH ROW EXECUTE FUNCTION treatment_keep_addendum();

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

CREATE OR REPLACE FUNCTION treatment_minutes_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM treatment_expect_figures(OLD.visit_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM treatment_expect_figures(NEW.visit_id);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION treatment_visit_as_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.appointment_id <> OLD.appointment_id
       AND EXISTS (SELECT FROM treatment_treatmentnote AS note
                    WHERE note.visit_id = OLD.id AND note.signed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a signed visit never moves to another appointment'
            USING ERRCODE = 'check_violation';
    END IF;
    PERFORM treatment_expect_figures(OLD.id);
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION treatment_correct_as_yourself() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('clinic.actor', true), '') <> NEW.by_id::text
       AND EXISTS (SELECT FROM treatment_treatmentnote AS note
                    WHERE note.visit_id = NEW.visit_id AND note.signed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'a correction is by who is signed in' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER treatment_corrected_by_oneself
    BEFORE INSERT ON treatment_visitcorrection
    FOR EACH ROW EXECUTE FUNCTION treatment_correct_as_yourself();

DROP TRIGGER IF EXISTS treatment_signed_minutes ON treatment_visitminutes;
CREATE CONSTRAINT TRIGGER treatment_signed_minutes
    AFTER INSERT OR UPDATE OR DELETE ON treatment_visitminutes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION treatment_minutes_as_told();
DROP TRIGGER IF EXISTS treatment_signed_visit ON treatment_visit;
CREATE CONSTRAINT TRIGGER treatment_signed_visit
    AFTER UPDATE OF status, arrived_at, started_at, stopped_at, therapist_id, appointment_id
    ON treatment_visit
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION treatment_visit_as_told();
"""
NOT_FINAL = """
DROP TRIGGER treatment_signed_visit ON treatment_visit;
DROP TRIGGER treatment_corrected_by_oneself ON treatment_visitcorrection;
DROP FUNCTION treatment_correct_as_yourself;
DROP TRIGGER treatment_signed_minutes ON treatment_visitminutes;
DROP FUNCTION treatment_visit_as_told;
DROP FUNCTION treatment_minutes_as_told;
DROP FUNCTION treatment_expect_figures;
DROP TRIGGER treatment_addendum_is_final ON treatment_noteaddendum;
DROP FUNCTION treatment_keep_addendum;
DROP TRIGGER treatment_note_signed_by_oneself ON treatment_treatmentnote;
DROP TRIGGER treatment_note_signed_by_oneself_new ON treatment_treatmentnote;
DROP FUNCTION treatment_sign_as_yourself;
DROP TRIGGER treatment_note_signed_is_final ON treatment_treatmentnote;
DROP FUNCTION treatment_keep_note;
"""


class Migration(migrations.Migration):
    dependencies = [("treatment", "0003_notes")]

    operations = [migrations.RunSQL(FINAL, NOT_FINAL)]
