"""Stretches and habits to take home. A text never changes, since somebody may have been given it."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

KEPT = """
CREATE OR REPLACE FUNCTION treatment_keep_exercise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE'
       AND to_jsonb(NEW) - ARRAY['retired_at', 'position', 'updated_at']
           = to_jsonb(OLD) - ARRAY['retired_at', 'position', 'updated_at'] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'an exercise never changes; another wording is another row'
        USING ERRCODE = 'check_violation';
END $$;

CREATE OR REPLACE TRIGGER treatment_exercise_stays
    BEFORE UPDATE OR DELETE ON treatment_exercise
    FOR EACH ROW EXECUTE FUNCTION treatment_keep_exercise();
"""
NOT_KEPT = """
DROP TRIGGER treatment_exercise_stays ON treatment_exercise;
DROP FUNCTION treatment_keep_exercise;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("treatment", "0007_function"),
        ("clinic", "0015_notes_in_portal"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Exercise",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("line", models.UUIDField(default=uuid.uuid4, editable=False)),
                ("key", models.CharField(blank=True, max_length=40)),
                ("title", models.CharField(max_length=80)),
                ("purpose", models.CharField(max_length=300)),
                ("steps", models.TextField()),
                ("amount", models.CharField(max_length=200)),
                ("stop", models.TextField()),
                (
                    "regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=20),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                ("drawing", models.CharField(blank=True, max_length=40)),
                ("position", models.PositiveSmallIntegerField(default=100)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("form_token", models.UUIDField(blank=True, null=True, unique=True)),
                (
                    "written_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "title"],
            },
        ),
        migrations.CreateModel(
            name="ExerciseTick",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("day", models.DateField()),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="exercise_ticks",
                        to="clinic.client",
                    ),
                ),
                (
                    "exercise",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticks",
                        to="treatment.exercise",
                    ),
                ),
            ],
            options={
                "ordering": ["day"],
            },
        ),
        migrations.AddConstraint(
            model_name="exercise",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at", None)),
                fields=("line",),
                name="exercise_one_wording_in_use",
            ),
        ),
        migrations.AddConstraint(
            model_name="exercisetick",
            constraint=models.UniqueConstraint(
                fields=("client", "exercise", "day"), name="exercise_tick_once_a_day"
            ),
        ),
        migrations.RunSQL(KEPT, NOT_KEPT),
        # Who is inserted for a merged record at this moment belongs to the one that is left.
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON treatment_exercisetick;"
            "SELECT clinic_hand_on('treatment_exercisetick', 'client_id')",
            "DROP TRIGGER after_merge_hand_on_client_id ON treatment_exercisetick",
        ),
    ]
