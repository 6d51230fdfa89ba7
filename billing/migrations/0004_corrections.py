"""Payments are corrected beside themselves, and cash belongs to a drawer: docs/billing.md."""

import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0003_work_to_do"),
        ("booking", "0003_work_to_do"),
        ("clinic", "0003_work_to_do"),
        ("prescriptions", "0003_work_to_do"),
        ("treatment", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Drawer",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(default="Front desk", max_length=60)),
                ("float_cents", models.PositiveIntegerField(default=0)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "location",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="drawers",
                        to="clinic.location",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "created_at"],
                "constraints": [
                    models.UniqueConstraint(fields=("location", "name"), name="drawer_named_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="DrawerCount",
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
                ("opening_cents", models.PositiveIntegerField()),
                ("cash_in_cents", models.PositiveIntegerField()),
                ("cash_out_cents", models.PositiveIntegerField()),
                ("expected_cents", models.IntegerField()),
                ("counted_cents", models.PositiveIntegerField()),
                ("difference_cents", models.IntegerField()),
                ("pieces", models.JSONField(blank=True, default=dict)),
                ("totals", models.JSONField(blank=True, default=dict)),
                ("reason", models.BinaryField(blank=True, editable=True)),
                ("counted_at", models.DateTimeField()),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "counted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "drawer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="counts",
                        to="billing.drawer",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="billing.drawercount",
                    ),
                ),
            ],
            options={
                "ordering": ["-day", "-counted_at"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("replaces__isnull", True)),
                        fields=("drawer", "day"),
                        name="count_first_of_a_day_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "expected_cents",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        models.F("opening_cents"), "+", models.F("cash_in_cents")
                                    ),
                                    "-",
                                    models.F("cash_out_cents"),
                                ),
                            ),
                            (
                                "difference_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("counted_cents"), "-", models.F("expected_cents")
                                ),
                            ),
                        ),
                        name="count_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("difference_cents", 0),
                            models.Q(("reason", b""), _negated=True),
                            _connector="OR",
                        ),
                        name="count_difference_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Refund",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("amount_cents", models.PositiveIntegerField()),
                ("forgiven_cents", models.PositiveIntegerField(default=0)),
                ("method", models.CharField(max_length=8)),
                ("reference", models.CharField(blank=True, max_length=20)),
                ("reason", models.BinaryField(editable=True)),
                ("refunded_at", models.DateTimeField()),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "drawer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="billing.drawer",
                    ),
                ),
                (
                    "payment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="billing.payment",
                    ),
                ),
                (
                    "refunded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["refunded_at", "created_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__gt", 0)), name="refund_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("forgiven_cents__lte", models.F("amount_cents"))),
                        name="refund_forgives_a_part",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", b""), _negated=True), name="refund_says_why"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("drawer__isnull", True), ("method", "cash"), _connector="OR"
                        ),
                        name="refund_from_a_drawer_is_cash",
                    ),
                ],
            },
        ),
        migrations.AlterModelOptions(
            name="payment",
            options={"ordering": ["paid_at", "created_at"]},
        ),
        migrations.RemoveConstraint(
            model_name="charge",
            name="charge_position_once",
        ),
        migrations.RemoveConstraint(
            model_name="payment",
            name="payment_one_per_fee",
        ),
        migrations.RemoveConstraint(
            model_name="receipt",
            name="receipt_adds_up",
        ),
        migrations.AddField(
            model_name="charge",
            name="retired_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="batch",
            field=models.UUIDField(blank=True, db_index=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="refunded_cents",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="payment",
            name="replaces",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="replaced_by",
                to="billing.payment",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="void_reason",
            field=models.BinaryField(blank=True, editable=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="void_token",
            field=models.UUIDField(blank=True, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="voided_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="payment",
            name="voided_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="receipt",
            name="credit_cents",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("retired_at__isnull", True)),
                fields=("visit", "position"),
                name="charge_position_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="receipt",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "list_cents",
                        django.db.models.expressions.CombinedExpression(
                            models.F("discount_cents"), "+", models.F("net_cents")
                        ),
                    ),
                    (
                        "net_cents",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("paid_cents"), "+", models.F("balance_cents")
                            ),
                            "-",
                            models.F("credit_cents"),
                        ),
                    ),
                    models.Q(("balance_cents", 0), ("credit_cents", 0), _connector="OR"),
                ),
                name="receipt_adds_up",
            ),
        ),
        migrations.AddField(
            model_name="payment",
            name="drawer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="payments",
                to="billing.drawer",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("appointment__isnull", False), ("voided_at__isnull", True)),
                fields=("appointment",),
                name="payment_one_per_fee",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("refunded_cents__lte", models.F("amount_cents"))),
                name="payment_refunded_no_more_than_paid",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("voided_at__isnull", True), ("refunded_cents", 0), _connector="OR"
                ),
                name="payment_void_has_no_refund",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("void_reason", b""),
                        ("void_token__isnull", True),
                        ("voided_at__isnull", True),
                        ("voided_by__isnull", True),
                    ),
                    models.Q(
                        ("void_token__isnull", False),
                        ("voided_at__isnull", False),
                        ("voided_by__isnull", False),
                        models.Q(("void_reason", b""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="payment_void_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="payment",
            constraint=models.CheckConstraint(
                condition=models.Q(("drawer__isnull", True), ("method", "cash"), _connector="OR"),
                name="payment_in_a_drawer_is_cash",
            ),
        ),
    ]
