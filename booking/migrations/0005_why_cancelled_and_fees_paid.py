from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("booking", "0004_waitlist_offers_end_with_their_hold")]

    operations = [
        migrations.AddField(
            model_name="appointment",
            name="cancel_cause",
            field=models.CharField(
                blank=True,
                choices=[
                    ("client", "The client asked"),
                    ("illness", "Illness"),
                    ("clinic", "The clinic cannot give it"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddField(
            model_name="appointment",
            name="fee_paid_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="appointment",
            index=models.Index(
                condition=models.Q(
                    ("fee_cents__gt", 0), ("fee_paid_at", None), ("fee_waived_at", None)
                ),
                fields=["client", "starts_at"],
                name="appointment_open_fees",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fee_paid_at__isnull", True), ("fee_waived_at__isnull", True)),
                    models.Q(
                        ("fee_cents__gt", 0),
                        models.Q(
                            ("fee_paid_at__isnull", True),
                            ("fee_waived_at__isnull", True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="appointment_fee_is_paid_or_waived",
            ),
        ),
    ]
