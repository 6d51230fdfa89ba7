"""What was signed, or published, cannot be altered, not even by a slip in our own code.

Everything here is declared so that it may be there already: a database that was carried over has
it (docs/adr/0010-migrations-begun-again.md).
"""

from django.db import migrations

# Whose it is may change while two records are being joined or parted, and nothing else with it
# (docs/adr/0009-merging-clients.md). Answers and marks may be encrypted again with another key.
FINAL = """
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
        NEW.signed_ip, NEW.sha256)
       IS DISTINCT FROM
       (OLD.client_id, OLD.questionnaire_id, OLD.status, OLD.severity, OLD.rules_version,
        OLD.completed_at, OLD.signed_name, OLD.signed_relationship, OLD.signed_by_id,
        OLD.signed_ip, OLD.sha256)
       OR ((NEW.answers, NEW.marks) IS DISTINCT FROM (OLD.answers, OLD.marks)
           AND coalesce(current_setting('clinic.reseal', true), '') <> 'on') THEN
        RAISE EXCEPTION 'a signed intake never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER intake_response_signed_is_final
    BEFORE UPDATE OR DELETE ON intake_questionnaireresponse
    FOR EACH ROW WHEN (OLD.status = 'completed') EXECUTE FUNCTION intake_keep_response();

CREATE OR REPLACE FUNCTION intake_keep_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM intake_questionnaireresponse r
               WHERE r.id = OLD.response_id AND r.status = 'completed') THEN
        RAISE EXCEPTION 'a signed intake never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE OR REPLACE TRIGGER intake_flag_signed_is_final BEFORE DELETE ON intake_screenflag
    FOR EACH ROW EXECUTE FUNCTION intake_keep_part();

CREATE OR REPLACE FUNCTION intake_keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
           AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' OR (NEW.client_id, NEW.kind, NEW.version, NEW.text, NEW.text_sha256,
        NEW.signed_name, NEW.relationship, NEW.signed_by_id, NEW.signed_at, NEW.signed_ip)
       IS DISTINCT FROM
       (OLD.client_id, OLD.kind, OLD.version, OLD.text, OLD.text_sha256,
        OLD.signed_name, OLD.relationship, OLD.signed_by_id, OLD.signed_at, OLD.signed_ip) THEN
        RAISE EXCEPTION 'a signed consent is withdrawn, never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER intake_consent_is_final BEFORE UPDATE OR DELETE ON intake_consent
    FOR EACH ROW EXECUTE FUNCTION intake_keep_consent();

CREATE OR REPLACE FUNCTION intake_keep_questionnaire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.slug, NEW.version, NEW.title, NEW.definition, NEW.published_at)
       IS DISTINCT FROM (OLD.slug, OLD.version, OLD.title, OLD.definition, OLD.published_at) THEN
        RAISE EXCEPTION 'a published questionnaire never changes; publish a new version'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER intake_questionnaire_published_is_final
    BEFORE UPDATE OR DELETE ON intake_questionnaire
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION intake_keep_questionnaire();
"""
NOT_FINAL = """
DROP TRIGGER intake_questionnaire_published_is_final ON intake_questionnaire;
DROP TRIGGER intake_consent_is_final ON intake_consent;
DROP TRIGGER intake_flag_signed_is_final ON intake_screenflag;
DROP TRIGGER intake_response_signed_is_final ON intake_questionnaireresponse;
DROP FUNCTION intake_keep_questionnaire;
DROP FUNCTION intake_keep_consent;
DROP FUNCTION intake_keep_part;
DROP FUNCTION intake_keep_response;
"""
TABLES = ["questionnaireresponse", "consent"]


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_tables"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(FINAL, NOT_FINAL),
        *(
            migrations.RunSQL(
                f"DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON intake_{table};"
                f"SELECT clinic_hand_on('intake_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON intake_{table}",
            )
            for table in TABLES
        ),
    ]
