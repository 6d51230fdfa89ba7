"""No request is corrected by nothing, nor denied on no ground."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0010_earlier_corrections"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="correctionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "corrected"), _negated=True),
                    ("evidence__isnull", False),
                    _connector="OR",
                ),
                name="correction_made_names_what_was_changed",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "kept"), _negated=True),
                    models.Q(("ground", ""), _negated=True),
                    _connector="OR",
                ),
                name="correction_denied_names_its_ground",
            ),
        ),
        migrations.AddConstraint(
            model_name="correctionrequest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("disagreement__isnull", True),
                    models.Q(("disagreed_at__isnull", False), ("status", "kept")),
                    _connector="OR",
                ),
                name="correction_disagreed_with_a_denial",
            ),
        ),
    ]
