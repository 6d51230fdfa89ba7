"""One search for every place that looks for a person: what is searched stands folded in the row.

Two columns that only the database writes and only `clinic.people.search` reads; no model has them, so
no save, export or merge carries them. The function folds as `clinic.people.folding` does.
"""

from django.db import migrations

DROPPED = "'\u2018\u2019\u201b\u02bc\u02bb\u02b9\u2032`\u00b4\u00ad\u200b\u200c\u200d\ufeff"
BETWEEN = '-\u2010\u2011\u2012\u2013\u2014\u2015\u2212_.,;:/\\|()[]{}<>"#%&*+=!?~^$@\t\n\r\u00b7'
SCRIPTS = [(0x391, 0x3A9, 32), (0x400, 0x40F, 80), (0x410, 0x42F, 32), (0x531, 0x556, 48)]
CAPITALS = "".join(chr(code) for first, last, _step in SCRIPTS for code in range(first, last + 1))
SMALL = "".join(
    chr(code + step) for first, last, step in SCRIPTS for code in range(first, last + 1)
)
LETTERS = "ØøŁłĐđÐðĦħıŦŧŊŋĸ\u03c2" + CAPITALS
FOLDED = "oollddddhhittnnk\u03c3" + SMALL
TWO = {
    "\u00df": "ss",
    "\u1e9e": "ss",
    "\u00e6": "ae",
    "\u00c6": "ae",
    "\u0153": "oe",
    "\u0152": "oe",
    "\u00fe": "th",
    "\u00de": "th",
}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def two(inner: str) -> str:
    for letter, letters in TWO.items():
        inner = f"replace({inner}, {quoted(letter)}, {quoted(letters)})"
    return inner


APART = (
    "regexp_replace(normalize(translate(given, "
    + quoted(DROPPED)
    + ", ''), NFKD), '[\\u0300-\\u036f\\u02bc]', '', 'g')"
)
LOWER = f'lower(({APART}) COLLATE "C")'
ONE = f"translate({LOWER}, {quoted(LETTERS + BETWEEN)}, {quoted(FOLDED + ' ' * len(BETWEEN))})"

FUNCTIONS = f"""
CREATE FUNCTION clinic_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT btrim(regexp_replace({two(ONE)}, ' +', ' ', 'g'), ' ')
$$;

-- Each word after a space, so that one that begins with something is found by ' something'. A name
-- of several words stands there in one piece too, and of an address what is before the @.
CREATE FUNCTION clinic_searched(names text[], mails text[], phone text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ' ' || concat_ws(' ',
        (SELECT string_agg(concat_ws(' ', folded, nullif(replace(folded, ' ', ''), folded)), ' ')
           FROM (SELECT clinic_fold(name) AS folded FROM unnest(names) AS name) AS each),
        (SELECT string_agg(clinic_fold(split_part(mail, '@', 1)), ' ') FROM unnest(mails) AS mail),
        regexp_replace(phone, '[^0-9]', '', 'g'))
$$;

CREATE FUNCTION clinic_client_searched() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    login text;
BEGIN
    SELECT email INTO login FROM clinic_user WHERE id = NEW.user_id;
    NEW.searched := clinic_searched(
        ARRAY[NEW.first_name, NEW.last_name, NEW.legal_name], ARRAY[NEW.email, login], NEW.phone);
    NEW.searched_mail := lower(concat_ws(' ', NEW.email, login));
    RETURN NEW;
END $$;

CREATE TRIGGER searched BEFORE INSERT OR UPDATE OF
    first_name, last_name, legal_name, email, phone, user_id, searched, searched_mail
    ON clinic_client FOR EACH ROW EXECUTE FUNCTION clinic_client_searched();

CREATE FUNCTION clinic_user_searched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE clinic_client SET searched = '' WHERE user_id = NEW.id;
    RETURN NULL;
END $$;

CREATE TRIGGER searched AFTER UPDATE OF email ON clinic_user FOR EACH ROW
    WHEN (OLD.email IS DISTINCT FROM NEW.email) EXECUTE FUNCTION clinic_user_searched();
"""  # noqa: S608 - the fragments are constants

NO_FUNCTIONS = """
DROP TRIGGER searched ON clinic_user;
DROP FUNCTION clinic_user_searched();
DROP TRIGGER searched ON clinic_client;
DROP FUNCTION clinic_client_searched();
DROP FUNCTION clinic_searched(text[], text[], text);
DROP FUNCTION clinic_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("clinic", "0011_true_corrections")]

    operations = [
        # It stays when this is taken back: another app may still use it.
        migrations.RunSQL("CREATE EXTENSION IF NOT EXISTS pg_trgm", migrations.RunSQL.noop),
        migrations.RunSQL(
            "ALTER TABLE clinic_client ADD searched text NOT NULL DEFAULT '',"
            " ADD searched_mail text NOT NULL DEFAULT ''",
            "ALTER TABLE clinic_client DROP searched, DROP searched_mail",
        ),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL("UPDATE clinic_client SET searched = ''", migrations.RunSQL.noop),
        migrations.RunSQL(
            "CREATE INDEX client_searched ON clinic_client USING gin (searched gin_trgm_ops);"
            "CREATE INDEX client_searched_mail ON clinic_client"
            " USING gin (searched_mail gin_trgm_ops)",
            "DROP INDEX client_searched; DROP INDEX client_searched_mail",
        ),
    ]
