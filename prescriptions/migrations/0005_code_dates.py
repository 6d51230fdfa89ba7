"""Diagnosis codes have the days they are valid on, and releases are rows."""

import uuid
from datetime import timedelta

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("prescriptions", "0004_phone_extension"),
    ]

    operations = [
        migrations.AddField("diagnosiscode", "valid_from", models.DateField(blank=True, null=True)),
        migrations.AddField(
            "diagnosiscode", "valid_through", models.DateField(blank=True, null=True)
        ),
        migrations.AddConstraint(
            "diagnosiscode",
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_through=None)
                | Q(valid_through__gte=F("valid_from") - timedelta(days=1)),
                name="diagnosis_ends_after_it_begins",
            ),
        ),
        migrations.CreateModel(
            "CodeRelease",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("work_due_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("work_claimed_at", models.DateTimeField(blank=True, null=True)),
                ("work_attempts", models.PositiveSmallIntegerField(default=0)),
                ("name", models.CharField(max_length=20, unique=True)),
                ("in_force_on", models.DateField()),
                ("file_name", models.CharField(blank=True, max_length=120)),
                ("file", models.BinaryField(blank=True, null=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("loading", "Being loaded"),
                            ("loaded", "Loaded"),
                            ("failed", "Could not be loaded"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("progress", models.PositiveSmallIntegerField(default=0)),
                ("added", models.PositiveIntegerField(default=0)),
                ("ended", models.PositiveIntegerField(default=0)),
                ("codes", models.PositiveIntegerField(default=0)),
                ("loaded_at", models.DateTimeField(blank=True, null=True)),
                (
                    "sent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-in_force_on", "-created_at"]},
        ),
        migrations.AddConstraint(
            "coderelease",
            models.CheckConstraint(condition=Q(progress__lte=100), name="release_progress_percent"),
        ),
        migrations.AddConstraint(
            "coderelease",
            models.CheckConstraint(
                condition=Q(status="loaded", loaded_at__isnull=False)
                | (~Q(status="loaded") & Q(loaded_at__isnull=True)),
                name="release_loaded_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            "coderelease",
            models.CheckConstraint(
                condition=Q(status__in=["loaded", "failed"]) | Q(file__isnull=False),
                name="release_to_load_has_a_file",
            ),
        ),
    ]
