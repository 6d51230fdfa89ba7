"""The ground seals every app's values anew, so the word that lets it is the ground's."""

from django.db import migrations

CHANGE = """
DO $$
BEGIN
    EXECUTE replace(pg_get_functiondef('intake_keep_response'::regproc), '{old}', '{new}');
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_signed_is_final")]

    operations = [
        migrations.RunSQL(
            CHANGE.format(old="intake.reseal", new="clinic.reseal"),
            CHANGE.format(old="clinic.reseal", new="intake.reseal"),
        )
    ]
