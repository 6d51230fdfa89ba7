import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

ROLES = [
    ("client", "Client"),
    ("front_desk", "Front desk"),
    ("therapist", "Therapist"),
    ("biller", "Biller"),
    ("manager", "Manager"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0009_rights"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="role",
            field=models.CharField(
                choices=ROLES, default="client", max_length=16, verbose_name="role"
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail")),
                (
                    "name",
                    models.CharField(max_length=120, verbose_name="name shown to colleagues"),
                ),
                (
                    "role",
                    models.CharField(choices=ROLES, max_length=16, verbose_name="role"),
                ),
                ("token_sha256", models.CharField(max_length=64, unique=True)),
                ("expires_at", models.DateTimeField()),
                ("accepted_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "accepted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "invited_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("email"),
                        condition=models.Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                        name="invitation_one_open_per_address",
                    ),
                    models.CheckConstraint(
                        condition=~models.Q(role="client"), name="invitation_is_for_staff"
                    ),
                ],
            },
        ),
    ]
