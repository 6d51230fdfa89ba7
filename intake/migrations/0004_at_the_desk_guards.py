"""What was asked aloud is final, and so is who typed a paper form and the day it was signed.

A function is replaced whole: the first part is that of 0002 with the two new columns.
"""

from django.db import migrations

RESPONSE = """
CREATE OR REPLACE FUNCTION intake_keep_response() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
           AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a signed intake is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF (NEW.client_id, NEW.questionnaire_id, NEW.status, NEW.severity, NEW.rules_version,
        NEW.completed_at, NEW.signed_name, NEW.signed_relationship, NEW.signed_by_id,
        NEW.signed_ip, NEW.sha256%(new)s)
       IS DISTINCT FROM
       (OLD.client_id, OLD.questionnaire_id, OLD.status, OLD.severity, OLD.rules_version,
        OLD.completed_at, OLD.signed_name, OLD.signed_relationship, OLD.signed_by_id,
        OLD.signed_ip, OLD.sha256%(old)s)
       OR ((NEW.answers, NEW.marks) IS DISTINCT FROM (OLD.answers, OLD.marks)
           AND coalesce(current_setting('clinic.reseal', true), '') <> 'on') THEN
        RAISE EXCEPTION 'a signed intake never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
PAPER = {
    "new": ", NEW.entered_by_id, NEW.paper_signed_on",
    "old": ", OLD.entered_by_id, OLD.paper_signed_on",
}
BEFORE = {"new": "", "old": ""}

# Whose it is may change while two records are joined or parted; the encrypted columns may be
# encrypted again with another key; nothing else.
ORAL = """
CREATE OR REPLACE FUNCTION intake_keep_oral() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sealed text[] := ARRAY['answers', 'reason', 'consent_drawing'];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'what was asked aloud is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
       AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - sealed IS DISTINCT FROM to_jsonb(OLD) - sealed
       OR ((NEW.answers, NEW.reason, NEW.consent_drawing)
           IS DISTINCT FROM (OLD.answers, OLD.reason, OLD.consent_drawing)
           AND coalesce(current_setting('clinic.reseal', true), '') <> 'on') THEN
        RAISE EXCEPTION 'what was asked aloud never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER intake_oral_is_final BEFORE UPDATE OR DELETE ON intake_oralscreening
    FOR EACH ROW EXECUTE FUNCTION intake_keep_oral();
"""
NO_ORAL = (
    "DROP TRIGGER intake_oral_is_final ON intake_oralscreening; DROP FUNCTION intake_keep_oral;"
)

# The version before this one allows one unfinished response of a client. What is only being typed
# in from paper can be typed again.
ONE_OPEN = (
    "DELETE FROM intake_questionnaireresponse"
    " WHERE status = 'in-progress' AND entered_by_id IS NOT NULL"
)


class Migration(migrations.Migration):
    dependencies = [("intake", "0003_at_the_desk"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(RESPONSE % PAPER, RESPONSE % BEFORE),
        migrations.RunSQL(ORAL, NO_ORAL),
        migrations.RunSQL(migrations.RunSQL.noop, ONE_OPEN),
        *(
            migrations.RunSQL(
                f"SELECT clinic_hand_on('intake_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON intake_{table}",
            )
            for table in ("handover", "oralscreening")
        ),
    ]
