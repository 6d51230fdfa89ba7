"""No row names a client whose record was joined with another: docs/adr/0009-merging-clients.md.

Everything here is declared so that it may be there already: a database that was carried over has
it (docs/adr/0010-migrations-begun-again.md).
"""

from django.db import migrations

TABLES = {
    "prescription": "client_id",
    "upload": "client_id",
    "shareconsent": "client_id",
    "doctorrequest": "client_id",
    "prescriber": "named_by_id",
}


class Migration(migrations.Migration):
    dependencies = [("prescriptions", "0001_tables"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(
            f"DROP TRIGGER IF EXISTS after_merge_hand_on_{column} ON prescriptions_{table};"
            f"SELECT clinic_hand_on('prescriptions_{table}', '{column}')",
            f"DROP TRIGGER after_merge_hand_on_{column} ON prescriptions_{table}",
        )
        for table, column in TABLES.items()
    ]
