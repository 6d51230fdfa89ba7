"""A photo or scan of a signed paper questionnaire, with who signed it and when."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_work_to_do"),
        ("intake", "0004_at_the_desk_guards"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PaperScan",
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
                ("token", models.UUIDField()),
                ("signed_name", models.CharField(max_length=120)),
                ("signed_relationship", models.CharField(blank=True, max_length=20)),
                ("signed_on", models.DateField()),
                ("status", models.CharField(default="received", max_length=10)),
                ("refusal", models.CharField(blank=True, max_length=40)),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="paper_scans",
                        to="clinic.client",
                    ),
                ),
                (
                    "document",
                    models.OneToOneField(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.document",
                    ),
                ),
                ("originals", models.ManyToManyField(related_name="+", to="clinic.document")),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={"ordering": ["-signed_on", "-created_at"]},
        ),
        migrations.AddConstraint(
            model_name="paperscan",
            constraint=models.UniqueConstraint(fields=("client", "token"), name="scan_sent_once"),
        ),
        migrations.AddConstraint(
            model_name="paperscan",
            constraint=models.CheckConstraint(
                condition=~Q(signed_name=""), name="scan_says_who_signed"
            ),
        ),
        migrations.AddConstraint(
            model_name="paperscan",
            constraint=models.CheckConstraint(
                condition=Q(status="ready", document__isnull=False)
                | (~Q(status="ready") & Q(document=None)),
                name="scan_ready_has_its_copy",
            ),
        ),
        migrations.AddConstraint(
            model_name="paperscan",
            constraint=models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(refusal=""), name="scan_refused_says_why"
            ),
        ),
    ]
