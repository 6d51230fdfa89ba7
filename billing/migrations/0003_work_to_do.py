"""What stands for work has the same three columns everywhere: `clinic.duties`."""

import django.utils.timezone
from django.db import migrations, models

# As in 0002, but that a worker claims a receipt before it makes its PDF.
KEEP = """
CREATE OR REPLACE FUNCTION billing_keep_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] :=
        ARRAY[{free}];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
           AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an issued receipt is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR (OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id)
       OR (OLD.status = 'cancelled'
           AND (NEW.status, NEW.voided_at,
                CASE coalesce(current_setting('clinic.reseal', true), '')
                    WHEN 'on' THEN OLD.void_reason ELSE NEW.void_reason END)
               IS DISTINCT FROM (OLD.status, OLD.voided_at, OLD.void_reason)) THEN
        RAISE EXCEPTION 'an issued receipt never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
BEFORE = "'status', 'voided_at', 'void_reason', 'document_id', 'updated_at'"
WORK = "'work_due_at', 'work_claimed_at', 'work_attempts'"


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_guards")]

    operations = [
        migrations.AddField(
            "receipt", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddField(
            "receipt", "work_claimed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "receipt", "work_attempts", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.RunSQL(KEEP.format(free=f"{BEFORE}, {WORK}"), KEEP.format(free=BEFORE)),
    ]
