"""`manage.py` on the data folder: beside a running product, or on servers started just for it."""

import os
import sys

from clinic.runtime import postgres, redis_server
from clinic.runtime.config import ROOT, CannotStartError, Config, read_config, read_dotenv
from clinic.runtime.environment import complete, embedded_servers, remembered_environment
from clinic.runtime.folders import lock, make_data_folder, remove_run_folder
from clinic.runtime.programs import PLAN_VARIABLE, end, start, write_plan
from clinic.runtime.throwaway import run_to_end


def manage(arguments: list[str]) -> int:
    """The command's exit code."""
    environ = read_dotenv(ROOT / ".env") | dict(os.environ)
    config = read_config(environ)
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    make_data_folder(config.data)
    try:
        held = lock(config.data)
    except CannotStartError:
        return run_to_end(command, environ | remembered_environment(config))
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
        return run_to_end(command, environ)
    finally:
        end(started)
        remove_run_folder(config.data)
