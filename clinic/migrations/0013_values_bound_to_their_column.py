"""What is sealed opens only in its table and column: docs/security.md, data at rest."""

from django.db import migrations

from clinic.sealed_columns import bound


class Migration(migrations.Migration):
    dependencies = [("clinic", "0012_rows_follow_a_merge")]

    operations = [bound("clinic")]
