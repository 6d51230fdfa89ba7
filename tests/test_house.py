"""Rules of the house that no linter knows (the templates' own are in tests/look)."""

from __future__ import annotations

import ast
import inspect
import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from django.urls import URLPattern, get_resolver

from clinic.runtime.config import ROOT
from tests.pages import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from django.urls import URLResolver

APPS = tuple(name.rstrip(".") for name in OURS)
MADE_BY_A_START = (".venv/", ".data/", "staticfiles/", ".pytest_cache/")
FILE, FUNCTION, VIEW, MODULES = 500, 40, 15, 20


def sources(*apps: str) -> Iterator[Path]:
    for app in apps:
        yield from (path for path in (ROOT / app).rglob("*.py") if "migrations" not in path.parts)


def views(resolver: URLResolver) -> Iterator[Callable[..., object]]:
    """Every function of ours that answers an address, without its decorators."""
    for entry in resolver.url_patterns:
        if isinstance(entry, URLPattern):
            view = inspect.unwrap(entry.callback)
            if view.__module__.startswith(OURS) and inspect.isfunction(view):
                yield view
        else:
            yield from views(entry)


def test_no_python_file_is_longer_than_500_lines() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for path in sources(*APPS, "tests")
    }
    assert {name: count for name, count in lines.items() if count > FILE} == {}


def test_a_function_fits_a_screen() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for path in sources(*APPS)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }
    assert len(found) > 1000
    assert {name: lines for name, lines in found.items() if lines > FUNCTION} == {}


def test_a_view_has_at_most_15_lines() -> None:
    found = {}
    for view in set(views(get_resolver())):
        lines, _first = inspect.getsourcelines(view)
        begins = next(number for number, line in enumerate(lines) if line.startswith("def "))
        found[f"{view.__module__}.{view.__qualname__}"] = len(lines) - begins
    assert len(found) > 100
    assert {name: lines for name, lines in found.items() if lines > VIEW} == {}


def test_no_room_is_crowded() -> None:
    modules = Counter(
        str(path.parent.relative_to(ROOT)) for path in sources(*APPS) if path.name != "__init__.py"
    )
    assert {room: count for room, count in modules.items() if count > MODULES} == {}


def git(*arguments: str) -> list[str]:
    """Lines that git answers about this checkout."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "-c", "safe.directory=*", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()


def test_nothing_is_committed_that_a_start_makes() -> None:
    listed = git("ls-files")
    assert "manage.py" in listed
    assert [name for name in listed if name.startswith(MADE_BY_A_START) or name == ".env"] == []


def test_no_file_holds_the_marks_of_a_merge() -> None:
    assert git("grep", "-nE", "^(<{7}|>{7}) ") == []
