"""Stamps that change with everything the free times hang on: docs/adr/0005-versions-of-the-diary.md."""

from django.db import migrations

# A stamp is taken by whoever gets one that no other transaction has in hand, so nobody ever waits
# for it; when all are taken there is one more. What a transaction undoes, it undoes here as well,
# and a random value never comes back: equal stamps mean an equal diary.
CREATE = """
CREATE TABLE booking_diarystamp (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    about text NOT NULL CHECK (about IN ('bookings', 'rules')),
    stamp uuid NOT NULL DEFAULT gen_random_uuid()
) WITH (fillfactor = 20);
INSERT INTO booking_diarystamp (about) VALUES ('bookings'), ('rules');

CREATE FUNCTION booking_stamp(what text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE booking_diarystamp SET stamp = gen_random_uuid() WHERE id = (
        SELECT id FROM booking_diarystamp WHERE about = what
        LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
    );
    IF NOT FOUND THEN
        INSERT INTO booking_diarystamp (about) VALUES (what);
    END IF;
END $$;

CREATE FUNCTION booking_stamp_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM changed) THEN
        PERFORM booking_stamp(TG_ARGV[0]);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION booking_stamp_always() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM booking_stamp(TG_ARGV[0]);
    RETURN NULL;
END $$;
"""

ON_ROWS = """
CREATE TRIGGER diary_stamp_{event} AFTER {event} ON {table}
    REFERENCING {rows} TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION booking_stamp_rows('{about}');
"""
ON_TRUNCATE = """
CREATE TRIGGER diary_stamp_truncate AFTER TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION booking_stamp_always('{about}');
"""
# Most updates of an appointment (who pays, what was said) leave the diary as it is.
ON_CHANGE = """
CREATE TRIGGER diary_stamp_update AFTER UPDATE ON {table}
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
FORWARD = CREATE + "".join(triggers(table, about) for table, about in ABOUT.items())
BACKWARD = (
    "".join(
        f"DROP TRIGGER diary_stamp_{event} ON {table};\n"
        for table in ABOUT
        for event in (*ROWS, "truncate")
    )
    + """
DROP FUNCTION booking_stamp_always();
DROP FUNCTION booking_stamp_rows();
DROP FUNCTION booking_stamp(text);
DROP TABLE booking_diarystamp;
"""
)


class Migration(migrations.Migration):
    dependencies = [
        ("booking", "0005_why_cancelled_and_fees_paid"),
        ("clinic", "0003_diary_versions_and_training"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
