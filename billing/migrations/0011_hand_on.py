"""Coupons used and estimates given go along when two records are merged (docs/adr/0009)."""

from django.db import migrations

TABLES = ["couponuse", "estimate"]


class Migration(migrations.Migration):
    dependencies = [("billing", "0010_estimates"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(
            f"DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON billing_{table};"
            f"SELECT clinic_hand_on('billing_{table}', 'client_id')",
            f"DROP TRIGGER after_merge_hand_on_client_id ON billing_{table}",
        )
        for table in TABLES
    ]
