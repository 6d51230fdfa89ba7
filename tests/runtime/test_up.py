"""`up` for real: one product, started, hurt and stopped in the ways that happen."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest

from clinic.runtime.config import ROOT
from tests.runtime.conftest import eventually
from tests.runtime.product import Product, free_port, open_folder, product_environment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "clinic data"


@pytest.fixture(scope="module")
def product(data: Path) -> Iterator[Product]:
    product = Product(data, CLINIC_DEMO="0")
    try:
        product.wait_until_ready()
        yield product
    finally:
        product.stop()


def start_again(data: Path) -> Product:
    product = Product(data, CLINIC_DEMO="0")
    product.wait_until_ready(60)
    return product


def answer_in(product: Product) -> int:
    connection = psycopg2.connect(product.environment["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT answer FROM kept")
        (answer,) = cursor.fetchone() or (0,)
    connection.close()
    return int(answer)


def second_start(data: Path, port: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clinic.runtime", "--env-file", "/dev/null", "up"],
        cwd=ROOT,
        env=product_environment(PORT=str(port), CLINIC_DATA_DIR=str(data)),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_says_it_is_open_only_when_it_is_ready(product: Product) -> None:
    assert product.is_ready()
    assert f"The clinic is open at {product.url}/" in product.output
    assert "Demo logins" not in product.output  # CLINIC_DEMO=0


def test_only_the_web_server_listens_on_tcp(product: Product) -> None:
    ports = {
        connection.laddr.port
        for process in product.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }

    assert ports == {product.port}


def test_secrets_are_for_the_owner_only(product: Product) -> None:
    modes = {
        path.name: path.stat().st_mode & 0o777 for path in (product.data / "secrets").iterdir()
    }

    assert set(modes) >= {"secret_key", "document_keys", "postgres_password"}
    assert set(modes.values()) == {0o600}


def test_a_second_start_on_the_same_folder_is_refused(product: Product) -> None:
    refused = second_start(product.data, free_port())

    assert refused.returncode == 1
    assert f"Already running: process {product.process.pid}" in refused.stderr
    assert product.is_ready()


def test_a_taken_port_is_refused_before_anything_starts(product: Product, folder: Path) -> None:
    refused = second_start(folder / "other", product.port)

    assert refused.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{product.port}" in refused.stderr
    assert not (folder / "other").exists()


@pytest.mark.parametrize("name", ["worker", "beat", "web", "redis", "postgres"])
def test_a_killed_program_comes_back(product: Product, name: str) -> None:
    killed = product.program(name)

    killed.kill()

    def back() -> bool:
        try:
            return product.program(name).pid != killed.pid and product.is_ready()
        except (LookupError, psutil.Error):
            return False

    eventually(back, f"{name} comes back")


def test_sigterm_stops_everything(product: Product) -> None:
    with psycopg2.connect(product.environment["DATABASE_URL"]) as connection:
        connection.cursor().execute("CREATE TABLE kept AS SELECT 42 AS answer")
    connection.close()
    processes = product.processes()

    assert product.stop() == 0

    assert [process for process in processes if process.is_running()] == []


def test_it_starts_again_with_its_data_even_after_a_power_cut(data: Path) -> None:
    product = start_again(data)
    assert answer_in(product) == 42
    product.kill()
    stale = data / "postgres" / "postmaster.pid"
    # The number in it may belong to somebody else by now.
    _, *rest = stale.read_text(encoding="utf-8").splitlines()
    stale.write_text("\n".join([str(os.getpid()), *rest]) + "\n", encoding="utf-8")

    product = start_again(data)

    assert answer_in(product) == 42
    # And nothing outlives a starter that is killed alone.
    processes = product.processes()
    product.process.kill()
    _, alive = psutil.wait_procs(processes, timeout=60)
    assert alive == []
