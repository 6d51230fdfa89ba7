"""Rows written before the chain are proven from now on, and seals are as final as events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import migrations

from clinic import chain
from clinic.crypto import keyring

if TYPE_CHECKING:
    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor

CHUNK = 2000
FORWARD = """
CREATE OR REPLACE FUNCTION clinic_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER clinic_audit_seal_no_change BEFORE UPDATE OR DELETE ON clinic_auditseal
    FOR EACH ROW EXECUTE FUNCTION clinic_audit_is_append_only();
CREATE TRIGGER clinic_audit_seal_no_truncate BEFORE TRUNCATE ON clinic_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_audit_is_append_only();
"""
BACKWARD = """
DROP TRIGGER clinic_audit_seal_no_truncate ON clinic_auditseal;
DROP TRIGGER clinic_audit_seal_no_change ON clinic_auditseal;
"""


def prove(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    events = apps.get_model("clinic", "AuditEvent").objects
    ring = keyring()
    late = events.filter(key_id="").order_by("pk")
    if not late.exists():
        return
    table = "ALTER TABLE clinic_auditevent"
    schema_editor.execute(f"{table} DISABLE TRIGGER clinic_audit_no_change")
    while batch := list(late[:CHUNK]):
        for event in batch:
            event.key_id = ring.current
            event.mac = chain.mac(ring.keys[ring.current], event)
        events.bulk_update(batch, ["key_id", "mac"])
    schema_editor.execute(f"{table} ENABLE TRIGGER clinic_audit_no_change")


class Migration(migrations.Migration):
    dependencies = [("clinic", "0006_audit_chain")]

    operations = [
        migrations.RunPython(prove, migrations.RunPython.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
