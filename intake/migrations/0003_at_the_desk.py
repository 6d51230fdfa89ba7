"""A tablet handed over, a paper form typed in, the stop questions asked aloud."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_work_to_do"),
        ("intake", "0002_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Handover",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("visit", models.UUIDField(blank=True, null=True)),
                ("seen_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("sections", models.JSONField(blank=True, default=list)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                ("how", models.CharField(blank=True, max_length=12)),
                ("back_at", models.DateTimeField(blank=True, null=True)),
                ("wrong_tries", models.PositiveSmallIntegerField(default=0)),
                ("tried_at", models.DateTimeField(blank=True, null=True)),
                (
                    "back_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="clinic.client",
                    ),
                ),
                (
                    "handed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "response",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="handovers",
                        to="intake.questionnaireresponse",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("client",),
                        name="handover_one_per_client",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("how", "")),
                            models.Q(
                                ("ended_at__isnull", False), models.Q(("how", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="handover_ended_says_how",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("back_at", None), ("back_by", None)),
                            models.Q(
                                ("back_at__isnull", False),
                                ("back_by__isnull", False),
                                ("ended_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="handover_back_has_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OralScreening",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("visit", models.UUIDField()),
                ("day", models.DateField()),
                ("rules_version", models.CharField(max_length=20)),
                ("answers", models.BinaryField(editable=True)),
                ("may_go_ahead", models.BooleanField()),
                ("reason", models.BinaryField(editable=True)),
                ("consent_version", models.CharField(max_length=20)),
                ("consent_sha256", models.CharField(max_length=64)),
                ("consent_how", models.CharField(max_length=8)),
                ("consent_name", models.CharField(max_length=120)),
                ("consent_relationship", models.CharField(blank=True, max_length=20)),
                ("consent_drawing", models.BinaryField(blank=True, editable=True)),
                (
                    "asked_by",
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
                        related_name="oral_screenings",
                        to="clinic.client",
                    ),
                ),
                (
                    "questionnaire",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, to="intake.questionnaire"
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("visit", "day"), name="oral_screening_once_a_day"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("consent_name", ""), _negated=True),
                        name="oral_screening_consented",
                    ),
                ],
            },
        ),
        migrations.RemoveConstraint(
            model_name="questionnaireresponse",
            name="response_one_open_per_client",
        ),
        migrations.AddField(
            model_name="questionnaireresponse",
            name="entered_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="questionnaireresponse",
            name="paper_signed_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="questionnaireresponse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("entered_by", None), ("status", "in-progress")),
                fields=("client",),
                name="response_one_open_per_client",
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireresponse",
            constraint=models.UniqueConstraint(
                condition=models.Q(("entered_by__isnull", False), ("status", "in-progress")),
                fields=("client",),
                name="response_one_open_from_paper",
            ),
        ),
        migrations.AddConstraint(
            model_name="questionnaireresponse",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "in-progress"),
                    models.Q(("entered_by", None), ("paper_signed_on", None)),
                    models.Q(("entered_by__isnull", False), ("paper_signed_on__isnull", False)),
                    _connector="OR",
                ),
                name="response_from_paper_has_its_day",
            ),
        ),
    ]
