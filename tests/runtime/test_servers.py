"""PostgreSQL and Redis for one command: throw-away ones, and a data folder's own."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from clinic.runtime import postgres, system
from clinic.runtime.config import ROOT, CannotStartError
from tests.runtime.product import product_environment

pytestmark = pytest.mark.slow

ASK = """
import os, psycopg2, redis
cursor = psycopg2.connect(os.environ["DATABASE_URL"]).cursor()
cursor.execute("CREATE EXTENSION btree_gist")
cursor.execute("SELECT current_user, current_setting('listen_addresses'), rolsuper"
               " FROM pg_roles WHERE rolname = current_user")
print(cursor.fetchone(), redis.Redis.from_url(os.environ["REDIS_URL"]).ping())
print(os.environ["CLINIC_DATA_DIR"], os.environ.get("EMAIL_URL"))
"""


def runtime(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clinic.runtime", "--env-file", os.devnull, *words],
        cwd=ROOT,
        env=product_environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_throw_away_servers_serve_one_command_and_go() -> None:
    done = runtime("exec", "--", sys.executable, "-c", ASK, EMAIL_URL="smtp://real.example")

    *_, servers, environment = done.stdout.splitlines()
    assert servers == "('clinic', '', False) True", done.stderr
    data, email_url = environment.split()
    assert email_url == "None"  # a test never meets the real mailbox
    assert not Path(data).exists()


def test_exec_hands_back_the_exit_code() -> None:
    assert runtime("exec", "--", "sh", "-c", "exit 7").returncode == 7


def test_exec_ends_everything_when_it_is_stopped() -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "clinic.runtime",
            "exec",
            "--",
            "sh",
            "-c",
            "echo up; exec sleep 99",
        ],
        cwd=ROOT,
        env=product_environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert any(line == "up\n" for line in process.stdout)
    children = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(signal.SIGTERM)

    assert process.wait(timeout=30) == 128 + signal.SIGTERM
    assert [child for child in children if child.is_running()] == []
    process.stdout.close()


@pytest.mark.parametrize("name", ["größer & 'schöner' 100%", "x" * 120])
def test_manage_works_on_a_folder_of_any_name(folder: Path, name: str) -> None:
    done = runtime("manage", "migrate", "clinic", "--plan", CLINIC_DATA_DIR=str(folder / name))

    assert done.returncode == 0, done.stderr
    assert "Planned operations" in done.stdout
    assert (folder / name / "postgres" / "PG_VERSION").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root steps down to another account")
def test_a_folder_that_the_servers_account_cannot_enter_is_left_as_it_is(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)

    done = runtime("manage", "check", CLINIC_DATA_DIR=str(closed / "data"))

    assert done.returncode == 0, done.stderr
    assert closed.stat().st_mode & 0o777 == 0o700
    assert "cannot enter" in done.stdout
    home = Path((closed / "data" / "postgres.path").read_text(encoding="utf-8"))
    assert (home / "postgres" / "PG_VERSION").exists()
    shutil.rmtree(home)


def test_data_of_another_major_version_is_refused(folder: Path) -> None:
    data = folder / "data"
    (data / "postgres").mkdir(parents=True)
    (data / "secrets").mkdir()
    (data / "postgres" / "PG_VERSION").write_text("15\n", encoding="ascii")
    if os.geteuid() == 0:
        shutil.chown(data / "postgres", "nobody")

    with pytest.raises(CannotStartError, match=r"PostgreSQL 15, and this release brings 18"):
        postgres.prepare(data, folder)


def test_a_leftover_server_is_ended(folder: Path) -> None:
    leftover = subprocess.Popen(["sleep", "99"], cwd=folder)
    time.sleep(0.2)

    postgres.stop_leftovers(folder)

    assert not psutil.pid_exists(leftover.pid)


def test_a_missing_library_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = system.Need("Pango", lambda: False, ("libpango-1.0-0",), ("pango",))
    monkeypatch.setattr(system, "_NEEDS", {"run": (missing,)})
    monkeypatch.setenv("PATH", "")  # no apt-get to install it with

    with pytest.raises(CannotStartError, match=r"(?s)Pango.*install (libpango-1.0-0|pango)"):
        system.check("run")


def test_an_ordinary_user_starts_the_same_servers(folder: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("the other tests of this file run as an ordinary user already")
    home = folder / "home"
    home.mkdir()
    shutil.chown(home, "nobody", "nogroup")
    step_down = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    can = [*step_down, "sh", "-c", 'exec "$1" -c ""', "sh", sys.executable]
    if subprocess.run(can, capture_output=True, check=False).returncode != 0:
        pytest.skip("an ordinary user cannot run this Python")

    done = subprocess.run(
        [
            *step_down,
            sys.executable,
            "-m",
            "clinic.runtime",
            "exec",
            "--",
            sys.executable,
            "-c",
            ASK,
        ],
        cwd=ROOT,
        env=product_environment(HOME=str(home), TMPDIR=str(home)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "('clinic', '', False) True" in done.stdout, done.stderr
