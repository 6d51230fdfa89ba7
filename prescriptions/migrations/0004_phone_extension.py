"""A practice nearly always has an extension; E.164 has no place for one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0003_work_to_do")]

    operations = [
        migrations.AddField(
            "prescriber", "phone_extension", models.CharField(blank=True, max_length=10)
        ),
    ]
