"""Who sent a scan, who signed it and when never change, nor does what became of it.

Whose it is may change while two records are joined or parted; what the worker writes, until it is
done.
"""

from django.db import migrations

FINAL = """
CREATE FUNCTION intake_keep_scan() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := ARRAY[
        'status', 'refusal', 'document_id', 'work_due_at', 'work_claimed_at', 'work_attempts',
        'updated_at'
    ];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a scan is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
       AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR (OLD.status IN ('ready', 'refused')
           AND (NEW.status, NEW.refusal, NEW.document_id)
               IS DISTINCT FROM (OLD.status, OLD.refusal, OLD.document_id)) THEN
        RAISE EXCEPTION 'a scan never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER intake_scan_is_final BEFORE UPDATE OR DELETE ON intake_paperscan
    FOR EACH ROW EXECUTE FUNCTION intake_keep_scan();
"""
NOT_FINAL = "DROP TRIGGER intake_scan_is_final ON intake_paperscan; DROP FUNCTION intake_keep_scan;"


class Migration(migrations.Migration):
    dependencies = [("intake", "0005_paper_scans"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(FINAL, NOT_FINAL),
        migrations.RunSQL(
            "SELECT clinic_hand_on('intake_paperscan', 'client_id')",
            "DROP TRIGGER after_merge_hand_on_client_id ON intake_paperscan",
        ),
    ]
