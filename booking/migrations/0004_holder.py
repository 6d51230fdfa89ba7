"""Who holds a time, so that one person cannot hold the whole diary (booking/visits/caps.py)."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0003_work_to_do")]

    operations = [
        migrations.AddField(
            "appointment",
            "held_by",
            django.contrib.postgres.fields.ArrayField(
                models.CharField(max_length=32),
                blank=True,
                default=list,
                editable=False,
                size=None,
            ),
        ),
        migrations.AddIndex(
            "appointment",
            models.Index(
                condition=models.Q(("held_by", []), _negated=True),
                fields=["booked_at"],
                name="appointment_booked_lately",
            ),
        ),
    ]
