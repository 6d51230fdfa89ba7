"""The product started as docs/run.md says a clinic on the internet starts it."""

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.conftest import eventually
from tests.runtime.product import Product, open_folder, running_product
from tests.runtime.test_servers import runtime

pytestmark = pytest.mark.slow

PRODUCTION = {
    "PUBLIC_URL": "https://clinic.example",
    "ALLOWED_HOSTS": "clinic.example",
    "DEBUG": "0",
    "CLINIC_DEMO": "0",
}
QUEUE = """
from clinic.messaging import outbox
outbox.queue(kind="test", key="private", recipient="ana@example.test", subject="Hello", body="Hi")
"""


@pytest.fixture(scope="module")
def product() -> Iterator[Product]:
    with open_folder() as folder:
        mail = folder / "data" / "mail"
        mail.mkdir(parents=True)
        mail.chmod(0o755)
        (mail / "old.log").touch(0o644)
        with running_product(folder / "data", **PRODUCTION) as product:
            yield product


def ask(product: Product, path: str, **headers: str) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", product.port, timeout=10)
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", path, headers=names)
    answer = connection.getresponse()
    found = answer.status, answer.getheader("Location") or ""
    connection.close()
    return found


def test_it_is_ready_and_stays_so(product: Product) -> None:
    assert "The clinic is open at https://clinic.example/" in product.output
    for _ in range(6):
        assert product.is_ready()
        time.sleep(0.5)
    assert product.process.poll() is None


def test_a_load_balancer_may_ask_by_address_and_without_tls(product: Product) -> None:
    for path in ("/healthz/live", "/healthz/ready"):
        assert ask(product, path, Host="10.0.0.7") == (200, "")


def test_everything_else_is_served_under_its_own_name_and_with_tls(product: Product) -> None:
    tls = {"X_Forwarded_Proto": "https"}
    assert ask(product, "/accounts/login/", Host="clinic.example", **tls) == (200, "")
    assert ask(product, "/accounts/login/", Host="10.0.0.7", **tls)[0] == 400
    plain = ask(product, "/accounts/login/", Host="clinic.example")
    assert plain == (301, "https://clinic.example/accounts/login/")


def test_mail_in_files_is_for_the_owner_only(product: Product) -> None:
    mail = product.data / "mail"
    done = runtime("manage", "shell", "-c", QUEUE, CLINIC_DATA_DIR=str(product.data))
    assert done.returncode == 0, done.stderr

    eventually(lambda: len(list(mail.iterdir())) == 2, "the worker writes the mail")

    assert modes([mail, *mail.iterdir()]) == {"mail": 0o700} | {
        path.name: 0o600 for path in mail.iterdir()
    }


def test_a_new_folder_for_mail_is_private_too(product: Product) -> None:
    mail = product.data / "mail"
    mail.rename(product.data / "mail.old")
    done = runtime("manage", "sendtestemail", "a@example.test", CLINIC_DATA_DIR=str(product.data))
    assert done.returncode == 0, done.stderr

    (sent,) = mail.iterdir()
    assert modes([mail, sent]) == {"mail": 0o700, sent.name: 0o600}


def test_no_log_is_for_others(product: Product) -> None:
    logs = product.data / "logs"
    assert set(modes([logs]).values()) == {0o700}
    written = modes([path for path in logs.iterdir() if path.suffix == ".log"])
    assert set(written.values()) == {0o600}


def modes(paths: list[Path]) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in paths}
