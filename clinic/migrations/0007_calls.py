"""Telephone calls in the outbox: who is to be called, by when, and who did it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clinic", "0006_new_email"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="call_by",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="handled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="message",
            name="handled_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="message",
            name="outcome",
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("channel", "call"), ("status", "queued")),
                fields=["call_by"],
                name="message_calls",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("channel", "call"), ("status", "sent")),
                fields=["-sent_at"],
                name="message_calls_made",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "call"), _negated=True),
                    models.Q(
                        ("call_by__isnull", False),
                        ("client__isnull", False),
                        ("is_secret", False),
                        ("status__in", ["queued", "sent", "cancelled"]),
                    ),
                    _connector="OR",
                ),
                name="message_call_is_for_a_person_to_make",
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("channel", "call"), ("status", "sent"), _negated=True),
                    models.Q(
                        ("handled_at__isnull", False),
                        ("handled_by__isnull", False),
                        ("outcome__in", ["reached", "left_word", "not_needed"]),
                        ("sent_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="message_call_done_says_by_whom",
            ),
        ),
    ]
