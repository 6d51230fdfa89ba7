"""Which seven days a payer means by "2 per week" on an order, and payers that are no longer used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0007_calls"),
    ]

    operations = [
        migrations.AddField(
            model_name="payer",
            name="week_rule",
            field=models.CharField(default="from_first_day", max_length=16),
        ),
        migrations.AddField(
            model_name="payer",
            name="is_active",
            field=models.BooleanField(default=True),
        ),
    ]
