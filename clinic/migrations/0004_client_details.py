"""What a clinic must know of a person, and may do without until it is needed."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0003_work_to_do"),
    ]

    operations = [
        migrations.AddField(
            model_name="client",
            name="contact_by",
            field=models.CharField(default="email", max_length=8),
        ),
        migrations.AddField(
            model_name="client",
            name="legal_name",
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name="client",
            name="member_number",
            field=models.BinaryField(blank=True, editable=True),
        ),
        migrations.AddField(
            model_name="client",
            name="note",
            field=models.BinaryField(blank=True, editable=True),
        ),
        migrations.AddField(
            model_name="client",
            name="phone_extension",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name="client",
            name="preferred_therapist",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="clinic.therapist",
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="pronouns",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AlterField(
            model_name="client",
            name="birth_date",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="client",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("birth_date__isnull", False),
                    models.Q(("phone", ""), _negated=True),
                    _connector="OR",
                ),
                name="client_has_birth_date_or_phone",
            ),
        ),
    ]
