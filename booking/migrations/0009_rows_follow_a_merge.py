"""No row names a client whose record was joined with another: docs/adr/0009-merging-clients.md."""

from django.db import migrations

TABLES = {
    "appointment": "client_id",
    "waitlistentry": "client_id",
    "calendarfeed": "client_id",
}


class Migration(migrations.Migration):
    dependencies = [("booking", "0008_terms_as_agreed"), ("clinic", "0012_rows_follow_a_merge")]

    operations = [
        migrations.RunSQL(
            f"SELECT clinic_hand_on('booking_{table}', '{column}')",
            f"DROP TRIGGER after_merge_hand_on_{column} ON booking_{table}",
        )
        for table, column in TABLES.items()
    ]
