"""When a letter to the physician is due: the clinic's rule, and a payer's own."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0015_notes_in_portal")]

    operations = [
        migrations.AddField(
            model_name="location",
            name="letter_after_visits",
            field=models.PositiveSmallIntegerField(blank=True, default=6, null=True),
        ),
        migrations.AddField(
            model_name="location",
            name="letter_after_days",
            field=models.PositiveSmallIntegerField(blank=True, default=30, null=True),
        ),
        migrations.AddField(
            model_name="payer",
            name="letter_after_visits",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="payer",
            name="letter_after_days",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
    ]
