"""Rules of the house that no linter knows (the templates' own are in tests/look)."""

import subprocess

import pytest

from clinic.runtime.config import ROOT

APPS = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing", "tests")
MADE_BY_A_START = (".venv/", ".data/", "staticfiles/", ".pytest_cache/")


def test_no_python_file_is_longer_than_500_lines() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts
    }

    assert {name: count for name, count in lines.items() if count > 500} == {}


def test_nothing_is_committed_that_a_start_makes() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", "safe.directory=*", "ls-files"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    listed = done.stdout.splitlines()

    assert [name for name in listed if name.startswith(MADE_BY_A_START) or name == ".env"] == []
