"""Good-faith estimates: what a client was told that visits would cost."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0009_extras"),
        ("booking", "0004_holder"),
        ("clinic", "0013_logo"),
        ("prescriptions", "0004_phone_extension"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Estimate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("reason", models.CharField(max_length=9)),
                ("visits", models.PositiveSmallIntegerField()),
                ("each_cents", models.PositiveIntegerField()),
                ("total_cents", models.PositiveIntegerField()),
                ("due_on", models.DateField()),
                ("copy", models.BinaryField(editable=True)),
                ("form_token", models.UUIDField(blank=True, null=True, unique=True)),
                (
                    "appointment",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="estimate",
                        to="booking.appointment",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="estimates",
                        to="clinic.client",
                    ),
                ),
                (
                    "given_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "option",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.serviceoption",
                    ),
                ),
                (
                    "prescription",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="estimates",
                        to="prescriptions.prescription",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "total_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("visits"), "*", models.F("each_cents")
                                ),
                            ),
                            ("visits__gt", 0),
                        ),
                        name="estimate_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("reason", "requested"), ("appointment__isnull", False), _connector="OR"
                        ),
                        name="estimate_says_for_which_visit",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(
                            ("prescription__isnull", False), ("reason", "scheduled")
                        ),
                        fields=("prescription", "option", "each_cents"),
                        name="estimate_once_for_an_order",
                    ),
                ],
            },
        ),
    ]
