"""What migrations know of the models, and which databases they can bring up to date."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations.questioner import MigrationQuestioner
    from django.db.migrations.state import ProjectState


class SchemaAutodetector(MigrationAutodetector):
    """Sees of the models what the database has, and neither words nor validators.

    So migrations need none of our functions, and a label can change without a migration.
    """

    def __init__(
        self,
        from_state: ProjectState,
        to_state: ProjectState,
        questioner: MigrationQuestioner | None = None,
    ) -> None:
        for state in (from_state, to_state):
            _forget_words(state)
        super().__init__(from_state, to_state, questioner)


def _forget_words(state: ProjectState) -> None:
    for model in state.models.values():
        for name in ("verbose_name", "verbose_name_plural"):
            model.options.pop(name, None)
        for constraint in model.options.get("constraints", ()):
            constraint.violation_error_message = constraint.default_violation_error_message
        fields: Any = model.fields.values()
        for field in fields:
            field._verbose_name = None
            field._validators = []
            field.help_text = ""
            field.choices = None


def require_whole(database: BaseDatabaseWrapper | None = None) -> None:
    """Make sure that the database has all or none of what the first migrations of an app replace.

    Raises:
        ImproperlyConfigured: it has a part, so nobody can say which tables are there.
    """
    applied = MigrationRecorder(database or connection).applied_migrations()
    replaced: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for (app, _), migration in MigrationLoader(None).replacements.items():
        replaced[app].update(migration.replaces)
    parts = [
        f"{app} {done} of {len(names)}"
        for app, names in sorted(replaced.items())
        if 0 < (done := len(names & applied.keys())) < len(names)
    ]
    if parts:
        message = (
            "This database is of an older version, or was left half-migrated: of the migrations"
            f" that this version takes over it has {', '.join(parts)}. Nothing was changed. Run the"
            " last version that still has these migrations on it once, then this one again"
            ' (docs/run.md, "Carrying data over", says how). Or, if it holds nothing but the demo'
            f" clinic, begin with an empty one: remove the data folder {settings.DATA_DIR}, or"
            " empty the database that DATABASE_URL names."
        )
        raise ImproperlyConfigured(message)
