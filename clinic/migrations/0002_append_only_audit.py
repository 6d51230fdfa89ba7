from django.db import migrations

FORWARD = """
CREATE FUNCTION clinic_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'clinic_auditevent is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER clinic_audit_no_change BEFORE UPDATE OR DELETE ON clinic_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinic_audit_is_append_only();
CREATE TRIGGER clinic_audit_no_truncate BEFORE TRUNCATE ON clinic_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_audit_is_append_only();
"""
BACKWARD = """
DROP TRIGGER clinic_audit_no_truncate ON clinic_auditevent;
DROP TRIGGER clinic_audit_no_change ON clinic_auditevent;
DROP FUNCTION clinic_audit_is_append_only();
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
