"""Treatment notes and what is added to them."""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("treatment", "0002_corrections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TreatmentNote",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("said", models.BinaryField(blank=True, editable=True)),
                ("signed_name", models.CharField(blank=True, max_length=160)),
                ("signed_at", models.DateTimeField(blank=True, null=True)),
                ("figures", models.JSONField(blank=True, default=dict)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
                    "visit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="note",
                        to="treatment.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at"],
            },
        ),
        migrations.CreateModel(
            name="NoteAddendum",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("number", models.PositiveSmallIntegerField()),
                ("name", models.CharField(max_length=160)),
                ("at", models.DateTimeField()),
                ("text", models.BinaryField(editable=True)),
                ("sha256", models.CharField(max_length=64)),
                ("form_token", models.UUIDField(unique=True)),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "note",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="addenda",
                        to="treatment.treatmentnote",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.AddConstraint(
            model_name="treatmentnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("sha256", ""),
                        ("signed_at", None),
                        ("signed_by", None),
                        ("signed_name", ""),
                    ),
                    models.Q(
                        ("signed_at__isnull", False),
                        ("signed_by__isnull", False),
                        models.Q(("signed_name", ""), _negated=True),
                        models.Q(("sha256", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="note_signature_is_whole",
            ),
        ),
        migrations.AddConstraint(
            model_name="noteaddendum",
            constraint=models.UniqueConstraint(
                fields=("note", "number"), name="note_addendum_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="noteaddendum",
            constraint=models.CheckConstraint(
                condition=models.Q(("number__gte", 1)), name="note_addendum_from_one"
            ),
        ),
        migrations.AddConstraint(
            model_name="noteaddendum",
            constraint=models.CheckConstraint(
                condition=models.Q(("text", b""), _negated=True),
                name="note_addendum_says_something",
            ),
        ),
    ]
