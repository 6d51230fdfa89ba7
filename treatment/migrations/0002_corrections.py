"""Late entries and corrections of recorded sessions; one therapist is in one session at a time.

Sessions of the version before were not held against each other, so the constraint counts only
those recorded since (`times_checked`): old ones that overlap must not stop the migration.
"""

import uuid

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Func, Q

# A correction never changes, but for the key that its reason is encrypted with.
FINAL = """
CREATE OR REPLACE FUNCTION treatment_keep_correction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF coalesce(current_setting('clinic.reseal', true), '') = 'on'
           AND to_jsonb(NEW) - 'reason' = to_jsonb(OLD) - 'reason' THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a correction of a visit never changes' USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_correction_is_final
    BEFORE UPDATE OR DELETE ON treatment_visitcorrection
    FOR EACH ROW EXECUTE FUNCTION treatment_keep_correction();
"""
NOT_FINAL = """
DROP TRIGGER treatment_correction_is_final ON treatment_visitcorrection;
DROP FUNCTION treatment_keep_correction;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0003_work_to_do"),
        ("clinic", "0003_work_to_do"),
        ("treatment", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="late_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="visit",
            name="late_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        *(
            migrations.AddField(
                model_name="visit",
                name=name,
                field=models.BinaryField(blank=True, editable=True),
            )
            for name in ("late_missing", "late_reason", "times_reason")
        ),
        migrations.AddField(
            model_name="visit",
            name="times_checked",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("late_at__isnull", True), ("late_by__isnull", True)),
                    Q(
                        ("late_at__isnull", False),
                        ("late_by__isnull", False),
                        Q(("late_reason", b""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="visit_late_entry_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(
                condition=Q(("status", "finished"), ("times_checked", True)),
                expressions=[
                    ("therapist", "="),
                    (
                        Func(
                            F("started_at"),
                            F("stopped_at"),
                            function="TSTZRANGE",
                            output_field=django.contrib.postgres.fields.DateTimeRangeField(),
                        ),
                        "&&",
                    ),
                ],
                name="visit_therapist_in_one_session",
            ),
        ),
        migrations.CreateModel(
            name="VisitCorrection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrections",
                        to="treatment.visit",
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("kind", models.CharField(default="corrected", max_length=10)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("at", models.DateTimeField()),
                ("reason", models.BinaryField(blank=True, editable=True)),
                ("before", models.JSONField(default=dict)),
                ("after", models.JSONField(default=dict)),
                ("form_token", models.UUIDField(unique=True)),
            ],
            options={
                "ordering": ["number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("visit", "number"), name="visit_correction_number"
                    ),
                    models.CheckConstraint(
                        condition=Q(("number__gte", 1)), name="visit_correction_from_one"
                    ),
                    models.CheckConstraint(
                        condition=Q(
                            ("kind", "recorded"), Q(("reason", b""), _negated=True), _connector="OR"
                        ),
                        name="visit_correction_says_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FINAL, NOT_FINAL),
    ]
