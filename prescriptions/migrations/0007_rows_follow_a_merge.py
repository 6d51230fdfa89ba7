"""No row names a client whose record was joined with another: docs/adr/0009-merging-clients.md."""

from django.db import migrations

TABLES = {
    "prescription": "client_id",
    "upload": "client_id",
    "shareconsent": "client_id",
    "doctorrequest": "client_id",
    "prescriber": "named_by_id",
}


class Migration(migrations.Migration):
    dependencies = [
        ("prescriptions", "0006_find_codes_at_once"),
        ("clinic", "0012_rows_follow_a_merge"),
    ]

    operations = [
        migrations.RunSQL(
            f"SELECT clinic_hand_on('prescriptions_{table}', '{column}')",
            f"DROP TRIGGER after_merge_hand_on_{column} ON prescriptions_{table}",
        )
        for table, column in TABLES.items()
    ]
