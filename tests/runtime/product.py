"""The whole product as `make run` starts it, for tests that need it real.

with open_folder() as folder:
    with running_product(folder / "data", EMAIL_URL="smtp://127.0.0.1:2525") as product:
        page.goto(product.url)
"""

import fcntl
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import psutil

from clinic.runtime.config import ROOT, listed_variables, new_document_keys, new_secret_key

STATIC_ROOT = ROOT / ".pytest_cache" / "static"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def open_folder() -> Iterator[Path]:
    """A temporary folder that PostgreSQL's account can enter, which root's tmp_path is not."""
    with tempfile.TemporaryDirectory(prefix="clinic-test-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


def product_environment(**variables: str) -> dict[str, str]:
    """Ours without the product's variables, then the given ones.

    The product must run on its own settings: pytest leaves the tests' in DJANGO_SETTINGS_MODULE.
    """
    ours = {*listed_variables(), "DJANGO_SETTINGS_MODULE"}
    environ = {
        name: value
        for name, value in os.environ.items()
        if name not in ours and name.removesuffix("_FILE") not in ours
    }
    return environ | variables


def collected_static_files() -> Path:
    """Collect them once for all tests (and when one changed): it takes longer than a start."""
    STATIC_ROOT.parent.mkdir(exist_ok=True)
    with STATIC_ROOT.with_name("static.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        environ = product_environment(
            SECRET_KEY=new_secret_key(),
            DOCUMENT_KEYS=new_document_keys(),
            DATABASE_URL="postgresql:///unused",
            REDIS_URL="redis://unused",
            STATIC_ROOT=str(STATIC_ROOT),
        )
        command = [sys.executable, "-m", "clinic.runtime.prepare", "static"]
        subprocess.run(command, cwd=ROOT, env=environ, check=True)
    return STATIC_ROOT


class Product:
    """One running product; `stop` and `kill` end it."""

    def __init__(self, data: Path, **variables: str) -> None:
        self.data = data
        self.port = int(variables.get("PORT") or free_port())
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = data.with_name(f"{data.name}-{self.port}.out")
        environ = product_environment(
            **{
                "PORT": str(self.port),
                "CLINIC_DATA_DIR": str(data),
                "STATIC_ROOT": str(collected_static_files()),
                "WEB_WORKERS": "1",
                "WORKER_CONCURRENCY": "1",
                **variables,
            }
        )
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "clinic.runtime", "--env-file", os.devnull, "up"],
                cwd=ROOT,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        """What it printed so far."""
        return self._output.read_text(encoding="utf-8")

    @property
    def environment(self) -> dict[str, str]:
        """The product's variables as its programs see them."""
        path = self.data / "secrets" / "environment.json"
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def is_ready(self) -> bool:
        """What /healthz/ready says now."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz/ready", timeout=10) as answer:  # noqa: S310
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def log(self, name: str) -> str:
        """The log of one program: web, worker, beat, postgres or redis."""
        return (self.data / "logs" / f"{name}.log").read_text(encoding="utf-8", errors="replace")

    def wait_until_ready(self, seconds: float = 300) -> None:
        deadline = time.monotonic() + seconds
        while "The clinic is open at" not in self.output:
            assert self.process.poll() is None, f"it did not start:\n{self.output}"
            assert time.monotonic() < deadline, f"not ready after {seconds} s:\n{self.output}"
            time.sleep(0.1)

    def processes(self) -> list[psutil.Process]:
        """Itself and everything below it."""
        try:
            top = psutil.Process(self.process.pid)
            return [top, *top.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def program(self, name: str) -> psutil.Process:
        """The process of one program, as the process manager counts it."""
        # Whole words: gunicorn takes options named for its workers.
        mark = {
            "web": re.compile("clinic.wsgi:application"),
            "worker": re.compile("worker"),
            "beat": re.compile("beat"),
            "postgres": re.compile(".*/bin/postgres"),
            "redis": re.compile(".*redis-server.*"),
        }[name]
        manager = psutil.Process(self.process.pid).children()[0]
        for process in manager.children():
            with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
                if any(mark.fullmatch(word) for word in process.cmdline()):
                    return process
        raise LookupError(name)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop and wait; the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(timeout=120)

    def kill(self) -> None:
        """End every process at once, as a power cut would."""
        processes = self.processes()
        # A short-lived one may be gone by the time its turn comes.
        for act in (psutil.Process.suspend, psutil.Process.kill):
            for process in processes:
                with suppress(psutil.NoSuchProcess):
                    act(process)
        self.process.wait()
        psutil.wait_procs(processes, timeout=10)


@contextmanager
def running_product(data: Path, **variables: str) -> Iterator[Product]:
    """The product on that data folder, ready; variables go into its environment."""
    product = Product(data, **variables)
    try:
        product.wait_until_ready()
        yield product
    finally:
        product.stop()
