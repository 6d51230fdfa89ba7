"""Why visits were cancelled, moved or waived may be a matter of health, so the words are sealed."""

from django.db import migrations

import clinic.fields
from clinic.sealed_columns import bound, rewritten, sealed


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0009_rows_follow_a_merge"),
        ("clinic", "0013_values_bound_to_their_column"),
    ]

    operations = [
        bound("booking"),
        *sealed("booking", "Appointment", "cancel_reason"),
        *sealed("booking", "Appointment", "override_reason"),
        *sealed("booking", "Appointment", "fee_waived_reason"),
        rewritten("booking_appointment"),
        *sealed("booking", "TimeOff", "reason"),
        rewritten("booking_timeoff"),
        migrations.AddField(
            model_name="waitlistoffer",
            name="reason",
            field=clinic.fields.EncryptedTextField(blank=True, default=str, editable=True),
        ),
    ]
