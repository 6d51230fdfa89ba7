"""How long after the last visit a therapist may open a record: ADR 17."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0017_client_signs_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="location",
            name="therapist_reads_for",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddConstraint(
            model_name="location",
            constraint=models.CheckConstraint(
                condition=models.Q(("therapist_reads_for__in", [0, 3, 6, 12, 24])),
                name="location_therapist_reads_for",
            ),
        ),
    ]
