"""What is brought up to date before the product opens."""

from pathlib import Path
from typing import Any, NoReturn

import pytest
from pytest_django.fixtures import Settings

from clinic.runtime import prepare


def test_static_files_whose_collecting_was_cut_short_are_collected_again(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also by the version that had collected them before."""

    def stopped(*_: Any, **__: Any) -> NoReturn:
        raise SystemExit

    settings.STATIC_ROOT = str(tmp_path / "static")
    stamp = tmp_path / "static.stamp"
    stamp.write_text("of another version", encoding="ascii")
    monkeypatch.setattr("django.core.management.call_command", stopped)

    with pytest.raises(SystemExit):
        prepare.static()

    assert not stamp.exists()
