"""What stands for work has the same three columns everywhere: `clinic.duties`."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0002_guards")]

    operations = [
        migrations.AddField(
            "doctorrequest", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddField(
            "doctorrequest", "work_claimed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddField(
            "doctorrequest", "work_attempts", models.PositiveSmallIntegerField(default=0)
        ),
        migrations.RenameField("upload", "attempts", "work_attempts"),
        migrations.RenameField("upload", "started_at", "work_claimed_at"),
        migrations.AddField(
            "upload", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.RenameField("prescription", "read_at", "work_claimed_at"),
        migrations.RenameField("prescription", "read_attempts", "work_attempts"),
        migrations.AddField(
            "prescription", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
    ]
