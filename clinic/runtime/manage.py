"""`manage.py` on the data folder: beside a running product, or on servers started just for it."""

import sys
from pathlib import Path

from clinic.runtime import postgres, redis_server
from clinic.runtime.config import ROOT, CannotStartError, Config, load_environment, read_config
from clinic.runtime.environment import complete, embedded_servers, remembered_environment
from clinic.runtime.folders import PRIVATE, lock, make_data_folder, remove_run_folder
from clinic.runtime.programs import PLAN_VARIABLE, end, start, write_plan
from clinic.runtime.throwaway import run_to_end


def manage(env_file: Path, arguments: list[str]) -> int:
    """The command's exit code."""
    environ = load_environment(env_file)
    config = read_config(environ)
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    make_data_folder(config.data)
    try:
        held = lock(config.data)
    except CannotStartError:
        return run_to_end(command, environ | remembered_environment(config), umask=PRIVATE)
    with held:
        return _on_own_servers(config, environ, command)


def _on_own_servers(config: Config, environ: dict[str, str], command: list[str]) -> int:
    programs, run = embedded_servers(config, environ)
    started = []
    try:
        complete(config, environ)
        plan = run / "plan.json"
        write_plan(plan, programs)
        inherited = environ | {PLAN_VARIABLE: str(plan)}
        started += [start(program, inherited, config.data / "logs") for program in programs]
        if config.embedded_postgres:
            postgres.wait_ready(environ["DATABASE_URL"])
        if config.embedded_redis:
            redis_server.wait_ready(redis_server.socket_path(run))
        return run_to_end(command, environ, umask=PRIVATE)
    finally:
        end(started)
        remove_run_folder(config.data)
