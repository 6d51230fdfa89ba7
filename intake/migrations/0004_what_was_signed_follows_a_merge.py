"""What was signed goes along when a client's record is joined with another: docs/adr/0009-merging-clients.md."""

from django.db import migrations

# Whose it is may change while the two records are being joined or parted, and nothing else with it.
LETS_GO = """
    IF TG_OP = ''UPDATE'' THEN
        IF to_jsonb(NEW) - ''client_id'' = to_jsonb(OLD) - ''client_id''
           AND clinic_is_merging(OLD.client_id, NEW.client_id) THEN
            RETURN NEW;
        END IF;
    END IF;"""
CHANGE = """
DO $do$
BEGIN
    EXECUTE replace(pg_get_functiondef('{function}'::regproc), '{old}', '{new}');
END $do$;
"""
FUNCTIONS = ["intake_keep_response", "intake_keep_consent"]
TABLES = ["questionnaireresponse", "consent"]


class Migration(migrations.Migration):
    dependencies = [
        ("intake", "0003_sealed_anew_by_the_ground"),
        ("clinic", "0012_rows_follow_a_merge"),
    ]

    operations = [
        *(
            migrations.RunSQL(
                CHANGE.format(function=function, old="BEGIN", new=f"BEGIN{LETS_GO}"),
                CHANGE.format(function=function, old=f"BEGIN{LETS_GO}", new="BEGIN"),
            )
            for function in FUNCTIONS
        ),
        *(
            migrations.RunSQL(
                f"SELECT clinic_hand_on('intake_{table}', 'client_id')",
                f"DROP TRIGGER after_merge_hand_on_client_id ON intake_{table}",
            )
            for table in TABLES
        ),
    ]
