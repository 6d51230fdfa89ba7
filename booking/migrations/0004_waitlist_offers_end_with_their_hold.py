from django.conf import settings
from django.db import migrations, models

# An open offer keeps a time by a hold in the diary. Holds are cleared away by whoever needs the
# time once they have lapsed, and the foreign key is then set to null: that ends the offer.
TRIGGER = """
CREATE FUNCTION booking_offer_ends_with_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.status := 'expired';
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE TRIGGER booking_offer_ends_with_hold
BEFORE UPDATE ON booking_waitlistoffer FOR EACH ROW
WHEN (NEW.status = 'open' AND NEW.appointment_id IS NULL)
EXECUTE FUNCTION booking_offer_ends_with_hold();
"""
UNDO = """
DROP TRIGGER booking_offer_ends_with_hold ON booking_waitlistoffer;
DROP FUNCTION booking_offer_ends_with_hold();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0003_the_whole_diary"),
        ("clinic", "0003_diary_versions_and_training"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint("waitlistentry", "waitlist_once_per_session"),
        migrations.RemoveIndex("waitlistentry", "waitlist_in_line"),
        migrations.AlterField(
            model_name="waitlistentry",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("booked", "Booked"),
                    ("withdrawn", "Taken off the list"),
                    ("expired", "Dates have passed"),
                    ("unanswered", "Offers were not answered"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="waitlistentry",
            index=models.Index(
                condition=models.Q(("status", "waiting")),
                fields=["location", "last_day", "created_at"],
                name="waitlist_in_line",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "waiting")),
                fields=("client", "option"),
                name="waitlist_once_per_session",
            ),
        ),
        migrations.AddConstraint(
            model_name="waitlistoffer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "open"), _negated=True),
                    ("appointment__isnull", False),
                    _connector="OR",
                ),
                name="waitlist_open_offer_has_a_hold",
            ),
        ),
        migrations.RunSQL(TRIGGER, UNDO),
    ]
