"""What the database itself sees to in the diary, no matter who writes.

Everything here is declared so that it may be there already: a database that was carried over has
most of it (docs/adr/0010-migrations-begun-again.md).
"""

from django.db import migrations

# An open offer keeps a time by a hold in the diary. Holds are cleared away by anyone who needs the
# time once they have lapsed, and the foreign key is then set to null: that ends the offer.
OFFERS = """
CREATE OR REPLACE FUNCTION booking_offer_ends_with_hold() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.status := 'expired';
    NEW.updated_at := now();
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER booking_offer_ends_with_hold
BEFORE UPDATE ON booking_waitlistoffer FOR EACH ROW
WHEN (NEW.status = 'open' AND NEW.appointment_id IS NULL)
EXECUTE FUNCTION booking_offer_ends_with_hold();
"""
NO_OFFERS = """
DROP TRIGGER booking_offer_ends_with_hold ON booking_waitlistoffer;
DROP FUNCTION booking_offer_ends_with_hold();
"""

# Stamps that change with everything the free times hang on:
# docs/adr/0005-versions-of-the-diary.md.
#
# A stamp is taken by anyone who gets one that no other transaction has in hand, so nobody ever waits
# for it; when all are taken there is one more. What a transaction undoes, it undoes here as well,
# and a random value never comes back: equal stamps mean an equal diary.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION booking_stamp(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking_diarystamp SET stamp = gen_random_uuid() WHERE id = (
        SELECT id FROM booking_diarystamp WHERE about = what
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    );
    IF NOT FOUND THEN
        INSERT INTO booking_diarystamp (about) VALUES (what);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION booking_stamp_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM booking_stamp(TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION booking_stamp_always() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM booking_stamp(TG_ARGV[0]);
    RETURN NULL;
END $$;
"""

ON_ROWS = """
CREATE OR REPLACE TRIGGER diary_stamp_{event} AFTER {event} ON {table}
    REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION booking_stamp_rows('{about}');
"""
ON_TRUNCATE = """
CREATE OR REPLACE TRIGGER diary_stamp_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION booking_stamp_always('{about}');
"""
# Most updates of an appointment (who pays, what was said) leave the diary as it is.
ON_CHANGE = """
CREATE OR REPLACE TRIGGER diary_stamp_update AFTER UPDATE ON {table}
    FOR EACH ROW WHEN (({old}) IS DISTINCT FROM ({new}))
    EXECUTE FUNCTION booking_stamp_always('{about}');
"""
ROWS = {"insert": "NEW", "update": "NEW", "delete": "OLD"}

RULES = [
    "booking_bookingpolicy",
    "booking_closeddate",
    "booking_datehours",
    "booking_externalbusy",
    "booking_timeoff",
    "booking_workingbreak",
    "booking_workinghours",
    "clinic_location",
    "clinic_room",
    "clinic_room_services",
    "clinic_service",
    "clinic_serviceoption",
    "clinic_therapist",
    "clinic_therapist_trainings",
]
# Only these columns of these tables matter.
COLUMNS = {
    "booking_appointment": [
        "therapist_id",
        "room_id",
        "starts_at",
        "blocked",
        "status",
        "held_until",
        "hold_token",
    ],
    "booking_externalcalendar": ["therapist_id"],
}


def triggers(table: str, about: str) -> str:
    columns = COLUMNS.get(table)
    parts = [
        ON_ROWS.format(event=event, table=table, rows=rows, about=about)
        for event, rows in ROWS.items()
        if not (columns and event == "update")
    ]
    if columns:
        old, new = (", ".join(f"{row}.{column}" for column in columns) for row in ("OLD", "NEW"))
        parts.append(ON_CHANGE.format(table=table, old=old, new=new, about=about))
    return "".join(parts) + ON_TRUNCATE.format(table=table, about=about)


ABOUT = {
    "booking_appointment": "bookings",
    "booking_externalcalendar": "rules",
    **dict.fromkeys(RULES, "rules"),
}
STAMPS = FUNCTIONS + "".join(triggers(table, about) for table, about in ABOUT.items())
NO_STAMPS = (
    "".join(
        f"DROP TRIGGER diary_stamp_{event} ON {table};\n"
        for table in ABOUT
        for event in (*ROWS, "truncate")
    )
    + """
DROP FUNCTION booking_stamp_always();
DROP FUNCTION booking_stamp_rows();
DROP FUNCTION booking_stamp(text);
"""
)

# No row names a client whose record was joined with another: docs/adr/0009-merging-clients.md.
HAND_ON = ["appointment", "waitlistentry", "calendarfeed"]


class Migration(migrations.Migration):
    dependencies = [("booking", "0001_tables"), ("clinic", "0002_guards")]

    operations = [
        migrations.RunSQL(OFFERS, NO_OFFERS),
        migrations.RunSQL(STAMPS, NO_STAMPS),
        *(
            migrations.RunSQL(
                f"DROP TRIGGER IF EXISTS after_merge_hand_on_client_id ON booking_{table};"
                f"SELECT clinic_hand_on('booking_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON booking_{table}",
            )
            for table in HAND_ON
        ),
    ]
