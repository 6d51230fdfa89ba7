"""What was signed or published cannot be altered, not even by a slip in our own code."""

from django.db import migrations

# Sealing the answers anew (key rotation) is the one lawful change: it sets `intake.reseal` for its
# own transaction and may then touch nothing but the sealed bytes.
FORWARD = """
CREATE FUNCTION intake_keep_response() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
       OR (NEW.answers IS DISTINCT FROM OLD.answers
           AND coalesce(current_setting('intake.reseal', true), '') <> 'on') THEN
        RAISE EXCEPTION 'a signed intake never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER intake_response_signed_is_final
    BEFORE UPDATE OR DELETE ON intake_questionnaireresponse
    FOR EACH ROW WHEN (OLD.status = 'completed') EXECUTE FUNCTION intake_keep_response();

CREATE FUNCTION intake_keep_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM intake_questionnaireresponse r
               WHERE r.id = OLD.response_id AND r.status = 'completed') THEN
        RAISE EXCEPTION 'a signed intake never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

CREATE TRIGGER intake_mark_signed_is_final BEFORE UPDATE OR DELETE ON intake_bodymark
    FOR EACH ROW EXECUTE FUNCTION intake_keep_part();
CREATE TRIGGER intake_flag_signed_is_final BEFORE DELETE ON intake_screenflag
    FOR EACH ROW EXECUTE FUNCTION intake_keep_part();

CREATE FUNCTION intake_keep_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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

CREATE TRIGGER intake_consent_is_final BEFORE UPDATE OR DELETE ON intake_consent
    FOR EACH ROW EXECUTE FUNCTION intake_keep_consent();

CREATE FUNCTION intake_keep_questionnaire() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.slug, NEW.version, NEW.title, NEW.definition, NEW.published_at)
       IS DISTINCT FROM (OLD.slug, OLD.version, OLD.title, OLD.definition, OLD.published_at) THEN
        RAISE EXCEPTION 'a published questionnaire never changes; publish a new version'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER intake_questionnaire_published_is_final
    BEFORE UPDATE OR DELETE ON intake_questionnaire
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION intake_keep_questionnaire();
"""

BACKWARD = """
DROP TRIGGER intake_questionnaire_published_is_final ON intake_questionnaire;
DROP TRIGGER intake_consent_is_final ON intake_consent;
DROP TRIGGER intake_flag_signed_is_final ON intake_screenflag;
DROP TRIGGER intake_mark_signed_is_final ON intake_bodymark;
DROP TRIGGER intake_response_signed_is_final ON intake_questionnaireresponse;
DROP FUNCTION intake_keep_questionnaire;
DROP FUNCTION intake_keep_consent;
DROP FUNCTION intake_keep_part;
DROP FUNCTION intake_keep_response;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
