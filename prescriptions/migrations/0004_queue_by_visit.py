from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0003_uploads_prescribers_regions")]

    operations = [
        migrations.AddIndex(
            model_name="prescription",
            index=models.Index(
                condition=models.Q(("status", "submitted")),
                fields=["needed_on", "created_at"],
                name="prescription_by_visit",
            ),
        ),
    ]
