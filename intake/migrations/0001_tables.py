import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # Gone from this repository: docs/adr/0010-migrations-begun-again.md.
    replaces = [
        ("intake", "0001_initial"),
        ("intake", "0002_signed_is_final"),
        ("intake", "0003_sealed_anew_by_the_ground"),
        ("intake", "0004_what_was_signed_follows_a_merge"),
        ("intake", "0005_sealed_marks_and_rules"),
    ]

    dependencies = [
        ("clinic", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Questionnaire",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("slug", models.SlugField(max_length=40)),
                ("version", models.PositiveIntegerField()),
                ("title", models.CharField(max_length=120)),
                ("definition", models.JSONField()),
                ("published_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["slug", "-version"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("slug", "version"), name="questionnaire_version_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="QuestionnaireResponse",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("status", models.CharField(default="in-progress", max_length=12)),
                ("section", models.CharField(blank=True, max_length=40)),
                ("answers", models.BinaryField(editable=True)),
                ("marks", models.BinaryField(blank=True, editable=True)),
                ("emergency_at", models.DateTimeField(blank=True, null=True)),
                ("severity", models.PositiveSmallIntegerField(blank=True, null=True)),
                ("rules_version", models.CharField(blank=True, max_length=20)),
                ("completed_at", models.DateTimeField(blank=True, null=True)),
                ("signed_name", models.CharField(blank=True, max_length=120)),
                ("signed_relationship", models.CharField(blank=True, max_length=20)),
                ("signed_ip", models.GenericIPAddressField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "based_on",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="renewals",
                        to="intake.questionnaireresponse",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="intakes",
                        to="clinic.client",
                    ),
                ),
                (
                    "questionnaire",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.questionnaire"
                    ),
                ),
                (
                    "signed_by",
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
                "ordering": ["-created_at"],
                "indexes": [
                    models.Index(
                        fields=["client", "-completed_at"], name="response_newest_of_client"
                    ),
                    models.Index(
                        condition=models.Q(("severity__gte", 4), ("status", "completed")),
                        fields=["-completed_at"],
                        name="response_grave",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "in-progress")),
                        fields=("client",),
                        name="response_one_open_per_client",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "in-progress"),
                            models.Q(
                                ("completed_at__isnull", False),
                                models.Q(("signed_name", ""), _negated=True),
                                models.Q(("sha256", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="response_completed_is_signed",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("kind", models.CharField(max_length=20)),
                ("version", models.CharField(max_length=20)),
                ("text", models.TextField()),
                ("text_sha256", models.CharField(max_length=64)),
                ("signed_name", models.CharField(max_length=120)),
                ("relationship", models.CharField(blank=True, max_length=20)),
                ("signed_at", models.DateTimeField()),
                ("signed_ip", models.GenericIPAddressField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="clinic.client",
                    ),
                ),
                (
                    "signed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="consents",
                        to="intake.questionnaireresponse",
                    ),
                ),
            ],
            options={
                "ordering": ["-signed_at"],
                "indexes": [
                    models.Index(fields=["client", "kind"], name="consent_by_client"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Clearance",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("decision", models.CharField(max_length=8)),
                ("reason", models.BinaryField(editable=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "document",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="clinic.document",
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="clearances",
                        to="intake.questionnaireresponse",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="ScreenFlag",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("position", models.PositiveSmallIntegerField()),
                ("rule", models.BinaryField(editable=True)),
                ("severity", models.PositiveSmallIntegerField()),
                ("message", models.BinaryField(editable=True)),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flags",
                        to="intake.questionnaireresponse",
                    ),
                ),
            ],
            options={
                "ordering": ["-severity", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("response", "position"), name="flag_once_per_place"
                    ),
                ],
            },
        ),
    ]
