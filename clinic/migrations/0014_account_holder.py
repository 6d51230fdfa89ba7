"""Whose HSA, FSA or plan it is, where that is not the client; encrypted."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0013_logo")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="account_holder",
            field=models.BinaryField(blank=True, editable=True),
        ),
    ]
