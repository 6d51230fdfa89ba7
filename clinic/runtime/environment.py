"""The environment the product's programs run in: what the user set, and the rest."""

import json
import os
from pathlib import Path

from clinic.runtime import postgres, redis_server
from clinic.runtime.config import (
    CannotStartError,
    Config,
    bracketed,
    listed_variables,
    new_document_keys,
    new_secret_key,
    put,
    put_default,
    value_of,
)
from clinic.runtime.folders import make_run_folder, private_file
from clinic.runtime.programs import Program


def embedded_servers(config: Config, environ: dict[str, str]) -> tuple[list[Program], Path]:
    """The embedded servers' programs and the folder for sockets; names them in the environment."""
    account = postgres.account_for(config.data) if config.embedded_postgres else None
    run = make_run_folder(config.data, account)
    programs = []
    if config.embedded_postgres:
        cluster = postgres.prepare(config.data, run)
        programs.append(cluster.program())
        put(environ, "DATABASE_URL", cluster.url)
    if config.embedded_redis:
        programs.append(redis_server.prepare(config.data, run))
        put(environ, "REDIS_URL", redis_server.url(run))
    return programs, run


def complete(config: Config, environ: dict[str, str]) -> None:
    """Every variable the settings need and the user did not set."""
    put(environ, "CLINIC_DATA_DIR", str(config.data))
    put(environ, "CLINIC_DEMO", "1" if config.demo else "0")
    put_default(environ, "PUBLIC_URL", config.local_url)
    if config.host not in {"127.0.0.1", "localhost", "::1", "0.0.0.0", "::"}:  # noqa: S104
        put_default(environ, "ALLOWED_HOSTS", f"127.0.0.1,localhost,[::1],{bracketed(config.host)}")
    for name, make in (("SECRET_KEY", new_secret_key), ("DOCUMENT_KEYS", new_document_keys)):
        if value_of(environ, name):
            put(environ, name, value_of(environ, name))
        elif config.embedded_postgres:
            path = config.data / "secrets" / name.lower()
            private_file(path, make())
            environ.pop(name, None)
            environ[f"{name}_FILE"] = str(path)
        else:
            raise CannotStartError(
                f"With a DATABASE_URL of your own, set {name} too (or {name}_FILE).\n"
                "To make one: .venv/bin/python -m clinic.runtime keys"
            )


def remember_environment(config: Config, environ: dict[str, str]) -> None:
    """Leave the product's variables for `manage`, for the owner's eyes only."""
    names = listed_variables()
    ours = {name: value for name, value in environ.items() if name.removesuffix("_FILE") in names}
    descriptor = os.open(_remembered(config), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(ours, file)


def remembered_environment(config: Config) -> dict[str, str]:
    """The variables of the product now running on this data folder."""
    try:
        found: dict[str, str] = json.loads(_remembered(config).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CannotStartError("The product is just starting. Try again in a moment.") from error
    return found


def _remembered(config: Config) -> Path:
    return config.data / "secrets" / "environment.json"
