"""What stands for work has the same three columns everywhere: `clinic.duties`."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0002_guards")]

    operations = [
        migrations.RemoveField("externalcalendar", "tried_at"),
        migrations.AddField(
            "externalcalendar",
            "work_due_at",
            models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            "externalcalendar", "work_claimed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "externalcalendar", "work_attempts", models.PositiveSmallIntegerField(default=0)
        ),
    ]
