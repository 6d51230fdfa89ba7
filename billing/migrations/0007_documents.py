"""Receipts become one kind of document among four, in one table with one engine."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

# As before in 0003, under the name of what it guards now.
KEEP = """
CREATE FUNCTION billing_keep_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := ARRAY['status', 'voided_at', 'void_reason', '{file}', 'updated_at',
                                  'work_due_at', 'work_claimed_at', 'work_attempts'];
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF to_jsonb(NEW) - 'client_id' = to_jsonb(OLD) - 'client_id'
           AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
            RETURN NEW;
        END IF;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an issued {name} is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF coalesce(current_setting('clinic.reseal', true), '') = 'on' THEN
        free := free || 'private'::text;
    END IF;
    IF to_jsonb(NEW) - free IS DISTINCT FROM to_jsonb(OLD) - free
       OR (OLD.{file} IS NOT NULL AND NEW.{file} IS DISTINCT FROM OLD.{file})
       OR (OLD.status = 'cancelled'
           AND (NEW.status, NEW.voided_at,
                CASE coalesce(current_setting('clinic.reseal', true), '')
                    WHEN 'on' THEN OLD.void_reason ELSE NEW.void_reason END)
               IS DISTINCT FROM (OLD.status, OLD.voided_at, OLD.void_reason)) THEN
        RAISE EXCEPTION 'an issued {name} never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER billing_{name}_is_final BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION billing_keep_{name}();

CREATE OR REPLACE FUNCTION billing_keep_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a line of an issued {name} never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER billing_line_is_final BEFORE UPDATE OR DELETE ON {lines}
    FOR EACH ROW EXECUTE FUNCTION billing_keep_line();

CREATE FUNCTION billing_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    one uuid;
BEGIN
    -- The branch not taken is never read: a {name} has no {name}_id.
    IF TG_TABLE_NAME = '{table}' THEN one := NEW.id; ELSE one := NEW.{name}_id; END IF;
    IF NOT EXISTS (
        SELECT 1 FROM {table} r
        JOIN {lines} l ON l.{name}_id = r.id
        WHERE r.id = one
        GROUP BY r.id
        HAVING (sum(l.list_cents), sum(l.discount_cents), sum(l.net_cents))
             = (r.list_cents, r.discount_cents, r.net_cents)
    ) THEN
        RAISE EXCEPTION 'the lines do not add up to the {name}' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER billing_{name}_adds_up AFTER INSERT ON {table}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_lines_add_up();
CREATE CONSTRAINT TRIGGER billing_line_adds_up AFTER INSERT ON {lines}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_lines_add_up();
"""
NO_KEEP = """
DROP TRIGGER billing_line_adds_up ON {lines};
DROP TRIGGER billing_{name}_adds_up ON {table};
DROP TRIGGER billing_line_is_final ON {lines};
DROP TRIGGER billing_{name}_is_final ON {table};
DROP FUNCTION billing_lines_add_up;
DROP FUNCTION billing_keep_{name};
"""
OLD = {"name": "receipt", "table": "billing_receipt", "lines": "billing_receiptline"}
OLD["file"] = "document_id"
NEW = {"name": "document", "table": "billing_billingdocument", "lines": "billing_documentline"}
NEW["file"] = "file_id"

GONE = ["receipt_number_once", "receipt_one_valid_per_visit", "receipt_medical_has_prescription"]
GONE += ["receipt_adds_up", "receipt_void_has_a_time"]
CONSTRAINTS = [
    models.UniqueConstraint(fields=("kind", "year", "serial"), name="document_number_once"),
    models.UniqueConstraint(
        condition=Q(("status", "issued")),
        fields=("visit", "kind"),
        name="document_one_valid_per_visit",
    ),
    models.UniqueConstraint(
        condition=Q(("begins_on__isnull", False), ("status", "issued")),
        fields=("client", "kind", "begins_on", "service_on"),
        name="document_one_valid_per_range",
    ),
    models.CheckConstraint(
        condition=Q(
            Q(
                ("begins_on__isnull", True),
                ("kind__in", ["receipt", "superbill"]),
                ("visit__isnull", False),
            ),
            Q(
                ("begins_on__lte", F("service_on")),
                ("kind__in", ["statement", "packet"]),
                ("visit__isnull", True),
            ),
            _connector="OR",
        ),
        name="document_of_a_visit_or_a_range",
    ),
    models.CheckConstraint(
        condition=Q(
            Q(("needs_prescription", False), Q(("kind", "superbill"), _negated=True)),
            ("reservation__isnull", False),
            _connector="OR",
        ),
        name="document_medical_has_prescription",
    ),
    models.CheckConstraint(
        condition=Q(
            ("list_cents", F("discount_cents") + F("net_cents")),
            ("net_cents", F("paid_cents") + F("balance_cents") - F("credit_cents")),
            Q(
                ("balance_cents", 0),
                ("credit_cents", 0),
                ("visit__isnull", True),
                _connector="OR",
            ),
        ),
        name="document_adds_up",
    ),
    models.CheckConstraint(
        condition=Q(("status", "issued"), ("voided_at__isnull", False), _connector="OR"),
        name="document_void_has_a_time",
    ),
]
COUNTED = """
INSERT INTO billing_documentcounter (kind, year, last)
SELECT 'receipt', year, last FROM billing_receiptcounter
"""
NOT_COUNTED = """
INSERT INTO billing_receiptcounter (year, last)
SELECT year, last FROM billing_documentcounter WHERE kind = 'receipt'
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_retired_drawers")]

    operations = [
        migrations.RunSQL(NO_KEEP.format(**OLD), KEEP.format(**OLD)),
        migrations.RenameModel("Receipt", "BillingDocument"),
        migrations.RenameModel("ReceiptLine", "DocumentLine"),
        migrations.RenameField("BillingDocument", "document", "file"),
        migrations.RemoveConstraint("DocumentLine", "line_position_once"),
        migrations.RenameField("DocumentLine", "receipt", "document"),
        migrations.AddConstraint(
            "DocumentLine",
            models.UniqueConstraint(fields=("document", "position"), name="line_position_once"),
        ),
        migrations.RenameIndex(
            "BillingDocument", new_name="document_by_client", old_name="receipt_by_client"
        ),
        *(migrations.RemoveConstraint("BillingDocument", name) for name in GONE),
        migrations.AddField(
            "BillingDocument", "kind", models.CharField(default="receipt", max_length=10)
        ),
        migrations.AddField(
            "BillingDocument", "begins_on", models.DateField(blank=True, null=True)
        ),
        migrations.AddField(
            "BillingDocument",
            "private",
            models.BinaryField(blank=True, editable=True, null=True),
        ),
        migrations.AddField("Procedure", "modifiers", models.CharField(blank=True, max_length=12)),
        migrations.AlterField(
            "BillingDocument",
            "client",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="billing_documents",
                to="clinic.client",
            ),
        ),
        migrations.AlterField(
            "BillingDocument",
            "visit",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="documents",
                to="treatment.visit",
            ),
        ),
        *(migrations.AddConstraint("BillingDocument", one) for one in CONSTRAINTS),
        *(
            migrations.AddField(
                "DocumentLine", name, models.CharField(blank=True, max_length=length)
            )
            for name, length in (("code", 5), ("modifiers", 12), ("pointers", 8))
        ),
        migrations.CreateModel(
            name="DocumentCounter",
            fields=[
                (
                    "id",
                    models.BigAutoField(auto_created=True, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=10)),
                ("year", models.PositiveSmallIntegerField()),
                ("last", models.PositiveIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "year"), name="counter_of_kind_and_year_once"
                    )
                ]
            },
        ),
        migrations.RunSQL(COUNTED, NOT_COUNTED),
        migrations.DeleteModel("ReceiptCounter"),
        migrations.RunSQL(KEEP.format(**NEW), NO_KEEP.format(**NEW)),
    ]
