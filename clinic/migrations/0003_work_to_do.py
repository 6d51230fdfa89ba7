"""What stands for work has the same three columns everywhere: `clinic.duties`."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0002_guards")]

    operations = [
        migrations.RenameField("export", "attempts", "work_attempts"),
        migrations.RenameField("export", "started_at", "work_claimed_at"),
        migrations.AddField(
            "export", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.RemoveIndex("message", "message_waiting"),
        migrations.RenameField("message", "attempts", "work_attempts"),
        migrations.RenameField("message", "not_before", "work_due_at"),
        migrations.AlterField(
            "message", "work_due_at", models.DateTimeField(default=django.utils.timezone.now)
        ),
        migrations.AddField(
            "message", "work_claimed_at", models.DateTimeField(blank=True, null=True)
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                condition=models.Q(("status__in", ["queued", "in_flight"])),
                fields=["work_due_at"],
                name="message_waiting",
            ),
        ),
    ]
