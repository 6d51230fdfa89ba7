"""Whether clients read their signed treatment notes in the portal."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0014_account_holder")]

    operations = [
        migrations.AddField(
            model_name="location",
            name="notes_in_portal",
            field=models.BooleanField(
                default=False,
                help_text="Signed notes and what was added to them. They are always in a client's export.",
                verbose_name="clients read their treatment notes",
            ),
        ),
    ]
