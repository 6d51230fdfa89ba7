"""The signed note as a PDF, made on demand."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0015_notes_in_portal"),
        ("treatment", "0009_letters"),
    ]

    operations = [
        migrations.CreateModel(
            name="NotePrint",
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
                ("mark", models.CharField(max_length=64)),
                (
                    "file",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clinic.document",
                    ),
                ),
                (
                    "note",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="print",
                        to="treatment.treatmentnote",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("file__isnull", True)),
                        fields=["work_due_at"],
                        name="note_print_due",
                    )
                ],
            },
        ),
    ]
