"""What the database itself sees to, no matter who writes.

Everything here is declared so that it may be there already: a database that was carried over has
most of it (docs/adr/0010-migrations-begun-again.md).
"""

from django.db import migrations

# The record of who did what, and the seals on it, are only ever added to.
APPEND_ONLY = """
CREATE OR REPLACE FUNCTION clinic_audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE OR REPLACE TRIGGER clinic_audit_no_change BEFORE UPDATE OR DELETE ON clinic_auditevent
    FOR EACH ROW EXECUTE FUNCTION clinic_audit_is_append_only();
CREATE OR REPLACE TRIGGER clinic_audit_no_truncate BEFORE TRUNCATE ON clinic_auditevent
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_audit_is_append_only();
CREATE OR REPLACE TRIGGER clinic_audit_seal_no_change BEFORE UPDATE OR DELETE ON clinic_auditseal
    FOR EACH ROW EXECUTE FUNCTION clinic_audit_is_append_only();
CREATE OR REPLACE TRIGGER clinic_audit_seal_no_truncate BEFORE TRUNCATE ON clinic_auditseal
    FOR EACH STATEMENT EXECUTE FUNCTION clinic_audit_is_append_only();
"""
NOT_APPEND_ONLY = """
DROP TRIGGER clinic_audit_seal_no_truncate ON clinic_auditseal;
DROP TRIGGER clinic_audit_seal_no_change ON clinic_auditseal;
DROP TRIGGER clinic_audit_no_truncate ON clinic_auditevent;
DROP TRIGGER clinic_audit_no_change ON clinic_auditevent;
DROP FUNCTION clinic_audit_is_append_only();
"""

# Records that were joined: docs/adr/0009-merging-clients.md.
#
# clinic_is_merging: whether this transaction joins, or parts, exactly these two records. It is
# asked by the triggers that otherwise let nothing about a receipt or a signature change.
#
# clinic_kept: the record that stands for one today. It waits for a merge that is under way (which
# locks both records FOR UPDATE), so anyone who adds a row in the meantime adds it to the record that is kept.
#
# clinic_hand_on('table', 'column'): let no row of a table name a record that was merged.
# Every table with a foreign key to clinic_client needs it; a test names those that lack it. The
# trigger's name puts it before all others of the table, which run in the order of their names.
MERGES = """
CREATE OR REPLACE FUNCTION clinic_is_merging(one uuid, other uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM clinic_clientmerge
        WHERE id = nullif(current_setting('clinic.merge', true), '')::uuid
          AND (kept_id, merged_id) IN ((one, other), (other, one))
    )
$$;

CREATE OR REPLACE FUNCTION clinic_kept(one uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    further uuid;
BEGIN
    LOOP
        SELECT merged_into_id INTO further FROM clinic_client WHERE id = one FOR KEY SHARE;
        IF further IS NULL THEN
            RETURN one;
        END IF;
        one := further;
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION clinic_hand_on(place regclass, col text) RETURNS void LANGUAGE plpgsql AS $outer$
BEGIN
    EXECUTE format($make$
        CREATE OR REPLACE FUNCTION %2$I() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.%1$I IS NOT NULL
               AND (TG_OP = 'INSERT' OR NEW.%1$I IS DISTINCT FROM OLD.%1$I) THEN
                NEW.%1$I := clinic_kept(NEW.%1$I);
            END IF;
            RETURN NEW;
        END $$
    $make$, col, 'clinic_hand_on_' || col);
    EXECUTE format(
        'CREATE TRIGGER %2$I BEFORE INSERT OR UPDATE OF %1$I ON %3$s'
        ' FOR EACH ROW EXECUTE FUNCTION %4$I()',
        col, 'after_merge_hand_on_' || col, place, 'clinic_hand_on_' || col
    );
END $outer$;
"""
NO_MERGES = """
DROP FUNCTION clinic_hand_on;
DROP FUNCTION IF EXISTS clinic_hand_on_client_id;
DROP FUNCTION IF EXISTS clinic_hand_on_named_by_id;
DROP FUNCTION clinic_kept;
DROP FUNCTION clinic_is_merging;
"""
TABLES = ["guardian", "message", "document", "export", "correctionrequest", "disclosure"]


class Migration(migrations.Migration):
    dependencies = [("clinic", "0001_tables")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, NOT_APPEND_ONLY),
        migrations.RunSQL(MERGES, NO_MERGES),
        *(
            migrations.RunSQL(
                f"DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON clinic_{table};"
                f"SELECT clinic_hand_on('clinic_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON clinic_{table}",
            )
            for table in TABLES
        ),
    ]
