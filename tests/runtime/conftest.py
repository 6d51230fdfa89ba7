import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.runtime.product import open_folder


@pytest.fixture(autouse=True)
def _clean_cache() -> None:
    """The starter's tests use no cache of ours (see tests/conftest.py)."""


@pytest.fixture
def folder() -> Iterator[Path]:
    with open_folder() as path:
        yield path


def eventually(check: Callable[[], bool], what: str, seconds: float = 45) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.2)
