"""What clients choose and say between visits."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0015_notes_in_portal"),
        ("treatment", "0005_regions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FollowUp",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("hours", models.PositiveSmallIntegerField()),
                ("on", models.DateField()),
                (
                    "token_sha256",
                    models.CharField(blank=True, max_length=64, null=True, unique=True),
                ),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("relief", models.BinaryField(blank=True, editable=True)),
                ("relief_at", models.DateTimeField(blank=True, null=True)),
                ("pain", models.BinaryField(blank=True, editable=True)),
                ("pain_at", models.DateTimeField(blank=True, null=True)),
                ("looked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_ups",
                        to="treatment.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("hours", 0), _negated=True),
                        fields=("visit", "hours"),
                        name="follow_up_asked_once",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("hours", 0)),
                        fields=("visit", "on"),
                        name="follow_up_told_once_a_day",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("expires_at", None), ("hours", 0), ("token_sha256", None)),
                            models.Q(
                                ("expires_at__isnull", False),
                                ("hours__in", [24, 72]),
                                ("token_sha256__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="follow_up_link_is_of_a_message",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                models.Q(("relief", b""), ("relief_at", None)),
                                models.Q(
                                    models.Q(("relief", b""), _negated=True),
                                    ("relief_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                            models.Q(
                                models.Q(("pain", b""), ("pain_at", None)),
                                models.Q(
                                    models.Q(("pain", b""), _negated=True),
                                    ("pain_at__isnull", False),
                                ),
                                _connector="OR",
                            ),
                        ),
                        name="follow_up_answer_has_its_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FollowUpChoice",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("is_asked", models.BooleanField()),
                ("how", models.CharField(max_length=8)),
                ("at", models.DateTimeField()),
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
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="follow_up_choices",
                        to="clinic.client",
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "indexes": [models.Index(fields=["client", "-at"], name="follow_up_choice_newest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("how", "link"), ("is_asked", False)),
                            models.Q(
                                ("by__isnull", False), models.Q(("how", "link"), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="follow_up_choice_says_who",
                    )
                ],
            },
        ),
        migrations.RunSQL(
            "DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON treatment_followupchoice;"
            "SELECT clinic_hand_on('treatment_followupchoice', 'client_id')",
            "DROP TRIGGER after_merge_hand_on_client_id ON treatment_followupchoice",
        ),
    ]
