"""What clients can do again, in their own words."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0015_notes_in_portal"),
        ("treatment", "0006_followups"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Activity",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("text", models.BinaryField(editable=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activities",
                        to="clinic.client",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at", "id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("text", b""), _negated=True),
                        name="activity_says_something",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FunctionMeasure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("on", models.DateField()),
                ("scores", models.BinaryField(editable=True)),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="function_measures",
                        to="clinic.client",
                    ),
                ),
            ],
            options={
                "ordering": ["on", "created_at"],
                "indexes": [models.Index(fields=["client", "on"], name="function_measure_by_day")],
            },
        ),
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON treatment_activity;"
            "SELECT clinic_hand_on('treatment_activity', 'client_id')",
            "DROP TRIGGER after_merge_hand_on_client_id ON treatment_activity",
        ),
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON treatment_functionmeasure;"
            "SELECT clinic_hand_on('treatment_functionmeasure', 'client_id')",
            "DROP TRIGGER after_merge_hand_on_client_id ON treatment_functionmeasure",
        ),
    ]
