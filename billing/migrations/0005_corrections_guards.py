"""What was paid, refunded, charged or counted is corrected by another row, never overwritten."""

from django.db import migrations

# A payment may be voided once and get refunds; nothing else about it changes, but whose it is while
# two records are being joined or parted, and the key that the reason is encrypted with. What was
# refunded is the sum of its refunds, no matter who writes.
PAYMENT = """
CREATE FUNCTION billing_keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := ARRAY[
        'voided_at', 'voided_by_id', 'void_reason', 'void_token', 'refunded_cents', 'updated_at'
    ];
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a payment is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.refunded_cents <> 0 OR NEW.voided_at IS NOT NULL
           OR (NEW.replaces_id IS NOT NULL AND NOT EXISTS (
                SELECT FROM billing_payment p
                WHERE p.id = NEW.replaces_id AND p.voided_at IS NOT NULL
                  AND (p.amount_cents, p.paid_at) = (NEW.amount_cents, NEW.paid_at))) THEN
            RAISE EXCEPTION 'a payment begins whole, and takes the place of a void one'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
       AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
        RETURN NEW;
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR (OLD.voided_at IS NOT NULL
           AND (NEW.voided_at, NEW.voided_by_id, NEW.void_token,
                CASE coalesce(current_setting('clinic.reseal', true), '')
                    WHEN 'on' THEN OLD.void_reason ELSE NEW.void_reason END)
               IS DISTINCT FROM
               (OLD.voided_at, OLD.voided_by_id, OLD.void_token, OLD.void_reason))
       OR (NEW.refunded_cents <> OLD.refunded_cents AND NEW.refunded_cents <> (
            SELECT coalesce(sum(amount_cents), 0) FROM billing_refund WHERE payment_id = NEW.id))
    THEN
        RAISE EXCEPTION 'a payment never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER billing_payment_is_final BEFORE INSERT OR UPDATE OR DELETE ON billing_payment
    FOR EACH ROW EXECUTE FUNCTION billing_keep_payment();
"""
NO_PAYMENT = """
DROP TRIGGER billing_payment_is_final ON billing_payment;
DROP FUNCTION billing_keep_payment;
"""

# Money goes back by the way it came; to the card of a health plan it goes back there or not at all.
REFUND = """
CREATE FUNCTION billing_keep_refund() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    paid billing_payment%ROWTYPE;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        IF TG_OP = 'UPDATE'
           AND coalesce(current_setting('clinic.reseal', true), '') = 'on'
           AND to_jsonb(NEW) - 'reason' - 'updated_at' = to_jsonb(OLD) - 'reason' - 'updated_at'
        THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'a refund never changes' USING ERRCODE = 'check_violation';
    END IF;
    SELECT * INTO paid FROM billing_payment WHERE id = NEW.payment_id FOR NO KEY UPDATE;
    IF paid.voided_at IS NOT NULL THEN
        RAISE EXCEPTION 'a void payment has no refund' USING ERRCODE = 'check_violation';
    END IF;
    IF (paid.method IN ('hsa', 'fsa') OR NEW.method IN ('hsa', 'fsa'))
       AND NEW.method <> paid.method THEN
        RAISE EXCEPTION 'a plan is refunded to its own card' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER billing_refund_is_final BEFORE INSERT OR UPDATE OR DELETE ON billing_refund
    FOR EACH ROW EXECUTE FUNCTION billing_keep_refund();

CREATE FUNCTION billing_count_refund() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE billing_payment
    SET refunded_cents = refunded_cents + NEW.amount_cents, updated_at = clock_timestamp()
    WHERE id = NEW.payment_id;
    RETURN NULL;
END $$;

CREATE TRIGGER billing_refund_counts AFTER INSERT ON billing_refund
    FOR EACH ROW EXECUTE FUNCTION billing_count_refund();
"""
NO_REFUND = """
DROP TRIGGER billing_refund_counts ON billing_refund;
DROP FUNCTION billing_count_refund;
DROP TRIGGER billing_refund_is_final ON billing_refund;
DROP FUNCTION billing_keep_refund;
"""

CHARGE = """
CREATE FUNCTION billing_keep_charge() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free CONSTANT text[] := ARRAY['retired_at', 'updated_at'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.retired_at IS NULL
       AND to_jsonb(NEW) - free = to_jsonb(OLD) - free THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a charge is retired, never changed' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER billing_charge_is_final BEFORE UPDATE OR DELETE ON billing_charge
    FOR EACH ROW EXECUTE FUNCTION billing_keep_charge();
"""
NO_CHARGE = """
DROP TRIGGER billing_charge_is_final ON billing_charge;
DROP FUNCTION billing_keep_charge;
"""

COUNT = """
CREATE FUNCTION billing_keep_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND coalesce(current_setting('clinic.reseal', true), '') = 'on'
       AND to_jsonb(NEW) - 'reason' - 'updated_at' = to_jsonb(OLD) - 'reason' - 'updated_at' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a count never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER billing_count_is_final BEFORE UPDATE OR DELETE ON billing_drawercount
    FOR EACH ROW EXECUTE FUNCTION billing_keep_count();
"""
NO_COUNT = """
DROP TRIGGER billing_count_is_final ON billing_drawercount;
DROP FUNCTION billing_keep_count;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0004_corrections"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(PAYMENT, NO_PAYMENT),
        migrations.RunSQL(REFUND, NO_REFUND),
        migrations.RunSQL(CHARGE, NO_CHARGE),
        migrations.RunSQL(COUNT, NO_COUNT),
    ]
