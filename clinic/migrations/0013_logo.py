"""A logo on the letterhead, and what it shows in words for those who cannot see it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0012_client_search")]

    operations = [
        migrations.AddField(
            model_name="location",
            name="logo",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clinic.document",
            ),
        ),
        migrations.AddField(
            model_name="location",
            name="logo_words",
            field=models.CharField(blank=True, default="", max_length=120),
            preserve_default=False,
        ),
    ]
