"""A drawer that is not used any more stays, with its money and its counts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_corrections_guards")]

    operations = [
        migrations.AddField(
            model_name="drawer",
            name="retired_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
