import uuid

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    # Gone from this repository: docs/adr/0010-migrations-begun-again.md.
    replaces = [
        ("billing", "0001_initial"),
        ("billing", "0002_issued_is_final"),
        ("billing", "0003_payments_of_fees"),
        ("billing", "0004_receipts_follow_a_merge"),
        ("billing", "0005_sealed_void_reasons"),
    ]

    dependencies = [
        ("booking", "0001_tables"),
        ("clinic", "0001_tables"),
        ("prescriptions", "0001_tables"),
        ("treatment", "0001_tables"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReceiptCounter",
            fields=[
                ("year", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("last", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Procedure",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("code", models.CharField(max_length=5, unique=True)),
                ("label", models.CharField(max_length=120)),
                ("timed", models.BooleanField(default=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "techniques",
                    models.ManyToManyField(
                        blank=True, related_name="procedures", to="clinic.technique"
                    ),
                ),
            ],
            options={
                "ordering": ["position", "code"],
            },
        ),
        migrations.CreateModel(
            name="Receipt",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("year", models.PositiveSmallIntegerField()),
                ("serial", models.PositiveIntegerField()),
                ("needs_prescription", models.BooleanField()),
                ("status", models.CharField(default="issued", max_length=10)),
                ("issued_at", models.DateTimeField()),
                ("service_on", models.DateField()),
                ("snapshot", models.JSONField()),
                ("template_version", models.CharField(max_length=20)),
                ("list_cents", models.PositiveIntegerField()),
                ("discount_cents", models.PositiveIntegerField()),
                ("net_cents", models.PositiveIntegerField()),
                ("paid_cents", models.PositiveIntegerField()),
                ("balance_cents", models.PositiveIntegerField()),
                ("verify_code", models.CharField(max_length=24, unique=True)),
                ("voided_at", models.DateTimeField(blank=True, null=True)),
                ("void_reason", models.BinaryField(blank=True, editable=True)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="clinic.client",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="clinic.document",
                    ),
                ),
                (
                    "replaces",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="replaced_by",
                        to="billing.receipt",
                    ),
                ),
                (
                    "reservation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="prescriptions.visitreservation",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="receipts",
                        to="treatment.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["-year", "-serial"],
                "indexes": [
                    models.Index(fields=["client", "-service_on"], name="receipt_by_client"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("year", "serial"), name="receipt_number_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("status", "issued")),
                        fields=("visit",),
                        name="receipt_one_valid_per_visit",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("needs_prescription", False),
                            ("reservation__isnull", False),
                            _connector="OR",
                        ),
                        name="receipt_medical_has_prescription",
                    ),
                    models.CheckConstraint(
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
                                    models.F("paid_cents"), "+", models.F("balance_cents")
                                ),
                            ),
                        ),
                        name="receipt_adds_up",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status", "issued"), ("voided_at__isnull", False), _connector="OR"
                        ),
                        name="receipt_void_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceiptLine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("service_on", models.DateField()),
                ("description", models.CharField(max_length=160)),
                ("minutes", models.PositiveSmallIntegerField()),
                ("units", models.PositiveSmallIntegerField()),
                ("list_cents", models.PositiveIntegerField()),
                ("discount_cents", models.PositiveIntegerField()),
                ("net_cents", models.PositiveIntegerField()),
                ("is_eligible", models.BooleanField()),
                ("position", models.PositiveSmallIntegerField()),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="lines",
                        to="billing.receipt",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("receipt", "position"), name="line_position_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "list_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("discount_cents"), "+", models.F("net_cents")
                                ),
                            )
                        ),
                        name="line_list_less_discount_is_net",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Payment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("method", models.CharField(max_length=8)),
                ("amount_cents", models.PositiveIntegerField()),
                ("reference", models.CharField(blank=True, max_length=20)),
                ("paid_at", models.DateTimeField()),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "appointment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="fee_payments",
                        to="booking.appointment",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="clinic.client",
                    ),
                ),
                (
                    "received_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="payments",
                        to="treatment.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["paid_at"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount_cents__gt", 0)), name="payment_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("visit__isnull", True), ("appointment__isnull", True), _connector="XOR"
                        ),
                        name="payment_for_a_visit_or_a_fee",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("appointment__isnull", True),
                            models.Q(("method__in", ["hsa", "fsa"]), _negated=True),
                            _connector="OR",
                        ),
                        name="payment_of_a_fee_from_no_plan",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("appointment__isnull", False)),
                        fields=("appointment",),
                        name="payment_one_per_fee",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Charge",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("description", models.CharField(max_length=160)),
                ("minutes", models.PositiveSmallIntegerField(default=0)),
                ("units", models.PositiveSmallIntegerField(default=0)),
                ("list_cents", models.PositiveIntegerField()),
                ("discount_cents", models.PositiveIntegerField(default=0)),
                ("net_cents", models.PositiveIntegerField()),
                ("is_eligible", models.BooleanField(default=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="charges",
                        to="treatment.visit",
                    ),
                ),
                (
                    "procedure",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="billing.procedure",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "list_cents",
                                django.db.models.expressions.CombinedExpression(
                                    models.F("discount_cents"), "+", models.F("net_cents")
                                ),
                            )
                        ),
                        name="charge_list_less_discount_is_net",
                    ),
                    models.UniqueConstraint(
                        fields=("visit", "position"), name="charge_position_once"
                    ),
                ],
            },
        ),
    ]
