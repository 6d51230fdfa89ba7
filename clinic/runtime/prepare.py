"""Prepare what we serve: `python -m clinic.runtime.prepare database|static`.

The one module of this package that needs Django; it runs as a program of its own, because a Django
start costs a second and several commands need it.
"""

import hashlib
import io
import os
import sys
from pathlib import Path

from clinic.runtime.config import ROOT


def _say(text: str) -> None:
    print(text, flush=True)


def _static_fingerprint() -> str:
    """Changes when a static file, a package or the settings change."""
    from django.contrib.staticfiles.finders import get_finders

    digest = hashlib.sha256()
    for path in (ROOT / "requirements.txt", ROOT / "clinic" / "settings.py"):
        digest.update(path.read_bytes())
    for finder in get_finders():
        for name, storage in finder.list([]):
            path = Path(storage.path(name))
            # A package's files change with requirements.txt; ours change under our hands.
            if path.is_relative_to(ROOT) and "site-packages" not in path.parts:
                found = path.stat()
                digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\0".encode())
    return digest.hexdigest()


def static() -> None:
    """Collect, hash and compress the static files if any changed."""
    from django.conf import settings
    from django.core.management import call_command

    stamp = Path(f"{settings.STATIC_ROOT}.stamp")
    fingerprint = _static_fingerprint()
    known = stamp.read_text(encoding="ascii") if stamp.is_file() else ""
    if known == fingerprint and Path(settings.STATIC_ROOT).is_dir():
        return
    # Should this be cut short, the next start collects again, whichever version it is of.
    stamp.unlink(missing_ok=True)
    _say("Collecting and compressing static files ...")
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(fingerprint, encoding="ascii")


def database() -> None:
    """Migrate, load the diagnosis codes, seed an empty demo clinic, ask for a first heartbeat."""
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.core.cache import cache
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from clinic.celery import app
    from clinic.health import HEARTBEAT
    from clinic.management.migrating import require_whole
    from clinic.rotation import keys

    # A migration may rewrite a table; the web's statement timeout does not apply to it.
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
    try:
        require_whole()
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _say("Migrating the database ...")
            call_command("migrate", interactive=False, verbosity=0)
        keys.require()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    call_command("load_icd10", verbosity=0, stdout=io.StringIO())
    call_command("load_questionnaire", verbosity=0, stdout=io.StringIO())
    call_command("load_selfcare", verbosity=0, stdout=io.StringIO())
    if settings.DEMO and not get_user_model().objects.exists():
        _say("Loading the demo clinic ...")
        call_command("seed_demo", verbosity=0)
    # Ready means a worker of this run has responded: forget the last run's, ask the next.
    cache.delete(HEARTBEAT)
    app.send_task("clinic.heartbeat")


def main(what: str) -> None:
    """Do one of the two; they run side by side."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
    django.setup()
    {"database": database, "static": static}[what]()


if __name__ == "__main__":
    main(sys.argv[1])
