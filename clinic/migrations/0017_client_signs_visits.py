"""Whether a payer asks for the client's signature for each visit."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0016_letter_milestones"),
    ]

    operations = [
        migrations.AddField(
            model_name="payer",
            name="client_signs_visits",
            field=models.BooleanField(default=False),
        ),
    ]
