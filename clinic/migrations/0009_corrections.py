"""What a client asks a detail to be, by what it was corrected, or why it stays."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0008_payer_week"),
    ]

    operations = [
        migrations.AddField(
            model_name="correctionrequest",
            name="asked_for",
            field=models.BinaryField(blank=True, editable=True, null=True),
        ),
        migrations.AddField(
            model_name="correctionrequest",
            name="disagreed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="correctionrequest",
            name="disagreement",
            field=models.BinaryField(blank=True, editable=True, null=True),
        ),
        migrations.AddField(
            model_name="correctionrequest",
            name="evidence",
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="correctionrequest",
            name="ground",
            field=models.CharField(blank=True, max_length=8),
        ),
    ]
