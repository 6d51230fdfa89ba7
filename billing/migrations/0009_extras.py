"""Tips, goods and sales tax at check-out: on the bill, beside the treatment."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_coupons"),
        ("clinic", "0013_logo"),
        ("treatment", "0002_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Product",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=80, unique=True)),
                ("price_cents", models.PositiveIntegerField()),
                ("is_taxed", models.BooleanField(default=True)),
                ("is_active", models.BooleanField(default=True)),
                ("position", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "name"],
            },
        ),
        migrations.CreateModel(
            name="SalesTax",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("goods_rate", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="VisitExtra",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("kind", models.CharField(max_length=5)),
                ("description", models.CharField(max_length=120)),
                ("quantity", models.PositiveSmallIntegerField(default=1)),
                ("each_cents", models.PositiveIntegerField()),
                ("tax_rate", models.PositiveIntegerField(default=0)),
                ("form_token", models.UUIDField(unique=True)),
                ("removed_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "ordering": ["created_at"],
            },
        ),
        migrations.AddField(
            model_name="charge",
            name="is_extra",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="charge",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_extra", False), ("is_eligible", False), _connector="OR"),
                name="charge_extra_is_not_treatment",
            ),
        ),
        migrations.AddConstraint(
            model_name="product",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_cents__gt", 0)), name="product_costs_something"
            ),
        ),
        migrations.AddField(
            model_name="salestax",
            name="location",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="sales_tax",
                to="clinic.location",
            ),
        ),
        migrations.AddField(
            model_name="visitextra",
            name="added_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="visitextra",
            name="product",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                to="billing.product",
            ),
        ),
        migrations.AddField(
            model_name="visitextra",
            name="removed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="visitextra",
            name="visit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="extras",
                to="treatment.visit",
            ),
        ),
        migrations.AddConstraint(
            model_name="salestax",
            constraint=models.CheckConstraint(
                condition=models.Q(("goods_rate__lte", 30000)), name="sales_tax_rate_sane"
            ),
        ),
        migrations.AddConstraint(
            model_name="visitextra",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("each_cents__gt", 0), ("quantity__gt", 0), ("tax_rate__lte", 30000)
                ),
                name="extra_costs_something",
            ),
        ),
        migrations.AddConstraint(
            model_name="visitextra",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "tip"), _negated=True),
                    models.Q(("product__isnull", True), ("quantity", 1), ("tax_rate", 0)),
                    _connector="OR",
                ),
                name="extra_tip_is_not_taxed",
            ),
        ),
        migrations.AddConstraint(
            model_name="visitextra",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("removed_at__isnull", True), ("removed_by__isnull", True)),
                    models.Q(("removed_at__isnull", False), ("removed_by__isnull", False)),
                    _connector="OR",
                ),
                name="extra_removal_says_who",
            ),
        ),
    ]
