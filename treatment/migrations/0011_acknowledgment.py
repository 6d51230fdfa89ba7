"""The client's own word on a visit: kept as it was said, and taken only of the login it names."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
CREATE OR REPLACE FUNCTION treatment_keep_acknowledgment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF coalesce(current_setting('clinic.actor', true), '')
           <> coalesce(NEW.by_id, NEW.device_of_id)::text THEN
            RAISE EXCEPTION 'an acknowledgment names the login it came from'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        IF coalesce(current_setting('clinic.reseal', true), '') = 'on'
           AND to_jsonb(NEW) - 'drawing' = to_jsonb(OLD) - 'drawing' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'an acknowledgment never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_acknowledgment_is_final
    BEFORE INSERT OR UPDATE OR DELETE ON treatment_acknowledgment
    FOR EACH ROW EXECUTE FUNCTION treatment_keep_acknowledgment();
"""
NO_GUARD = """
DROP TRIGGER treatment_acknowledgment_is_final ON treatment_acknowledgment;
DROP FUNCTION treatment_keep_acknowledgment;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("treatment", "0010_note_prints"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Acknowledgment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.PositiveSmallIntegerField()),
                ("shown", models.JSONField()),
                ("sha256", models.CharField(max_length=64)),
                ("name", models.CharField(blank=True, max_length=160)),
                ("drawing", models.BinaryField(blank=True, editable=True)),
                ("at", models.DateTimeField()),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "device_of",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgments",
                        to="treatment.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("visit", "number"), name="acknowledgment_number"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number__gte", 1)), name="acknowledgment_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("by__isnull", True), ("device_of__isnull", False)),
                            models.Q(("by__isnull", False), ("device_of__isnull", True)),
                            _connector="OR",
                        ),
                        name="acknowledgment_says_where",
                    ),
                ],
            },
        ),
        migrations.RunSQL(GUARD, NO_GUARD),
    ]
