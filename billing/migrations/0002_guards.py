"""What was issued cannot be altered, not even by a slip in our own code.

Everything here is declared so that it may be there already: a database that was carried over has
it (docs/adr/0010-migrations-begun-again.md).
"""

from django.db import migrations

# A receipt may get its PDF once and be voided once; nothing else about it changes, but whose it is
# while two records are being joined or parted (docs/adr/0009-merging-clients.md), and the key that
# the reason is encrypted with. Its lines must add up to it when the transaction ends, so none can be
# slipped in afterwards.
FINAL = """
CREATE OR REPLACE FUNCTION billing_keep_receipt() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] :=
        ARRAY['status', 'voided_at', 'void_reason', 'document_id', 'updated_at'];
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

CREATE OR REPLACE TRIGGER billing_receipt_is_final BEFORE UPDATE OR DELETE ON billing_receipt
    FOR EACH ROW EXECUTE FUNCTION billing_keep_receipt();

CREATE OR REPLACE FUNCTION billing_keep_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a line of an issued receipt never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER billing_line_is_final BEFORE UPDATE OR DELETE ON billing_receiptline
    FOR EACH ROW EXECUTE FUNCTION billing_keep_line();

CREATE OR REPLACE FUNCTION billing_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    -- The branch not taken is never read: a receipt has no receipt_id.
    IF TG_TABLE_NAME = 'billing_receipt' THEN one := NEW.id; ELSE one := NEW.receipt_id; END IF;
    IF NOT EXISTS (
        SELECT 1 FROM billing_receipt r
        JOIN billing_receiptline l ON l.receipt_id = r.id
        WHERE r.id = one
        GROUP BY r.id
        HAVING (sum(l.list_cents), sum(l.discount_cents), sum(l.net_cents))
             = (r.list_cents, r.discount_cents, r.net_cents)
    ) THEN
        RAISE EXCEPTION 'the lines do not add up to the receipt' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS billing_receipt_adds_up ON billing_receipt;
CREATE CONSTRAINT TRIGGER billing_receipt_adds_up AFTER INSERT ON billing_receipt
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_lines_add_up();
DROP TRIGGER IF EXISTS billing_line_adds_up ON billing_receiptline;
CREATE CONSTRAINT TRIGGER billing_line_adds_up AFTER INSERT ON billing_receiptline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_lines_add_up();
"""
NOT_FINAL = """
DROP TRIGGER billing_line_adds_up ON billing_receiptline;
DROP TRIGGER billing_receipt_adds_up ON billing_receipt;
DROP TRIGGER billing_line_is_final ON billing_receiptline;
DROP TRIGGER billing_receipt_is_final ON billing_receipt;
DROP FUNCTION billing_lines_add_up;
DROP FUNCTION billing_keep_line;
DROP FUNCTION billing_keep_receipt;
"""
TABLES = ["payment", "receipt"]


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_tables"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(FINAL, NOT_FINAL),
        *(
            migrations.RunSQL(
                f"DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON billing_{table};"
                f"SELECT clinic_hand_on('billing_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON billing_{table}",
            )
            for table in TABLES
        ),
    ]
