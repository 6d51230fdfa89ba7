"""Why a receipt was voided is in staff's own words, so it is sealed; a key may change under it."""

from django.db import migrations

from clinic.sealed_columns import rewritten, sealed

# Sealing anew changes nothing that the words say: see `clinic/rotation.py`.
WAS = "AND (NEW.status, NEW.voided_at, NEW.void_reason)"
IS = """AND (NEW.status, NEW.voided_at,
                CASE coalesce(current_setting(''clinic.reseal'', true), '''')
                    WHEN ''on'' THEN OLD.void_reason ELSE NEW.void_reason END)"""
CHANGE = """
DO $do$
BEGIN
    EXECUTE replace(pg_get_functiondef('billing_keep_receipt'::regproc), '{old}', '{new}');
END $do$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_receipts_follow_a_merge"),
        ("clinic", "0013_values_bound_to_their_column"),
    ]

    operations = [
        *sealed("billing", "Receipt", "void_reason"),
        rewritten("billing_receipt"),
        migrations.RunSQL(CHANGE.format(old=WAS, new=IS), CHANGE.format(old=IS, new=WAS)),
    ]
