"""System packages: what is missing, and either install it (root on Debian) or say what to type."""

import ctypes
import ctypes.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from clinic.runtime import redis_server
from clinic.runtime.config import CannotStartError


@dataclass(frozen=True)
class Need:
    """Something the product uses that pip does not bring."""

    what: str
    found: Callable[[], bool]
    debian: tuple[str, ...]
    homebrew: tuple[str, ...]


def _loads(*names: str) -> bool:
    for name in names:
        try:
            ctypes.CDLL(name)
        except OSError:
            continue
        return True
    return False


def _weasyprint_libraries() -> bool:
    """The shared libraries that WeasyPrint opens, by the names that it tries."""
    if sys.platform == "darwin":
        wanted = ("pango-1.0", "pangoft2-1.0", "harfbuzz", "harfbuzz-subset", "fontconfig")
        folders = ("/opt/homebrew/lib", "/usr/local/lib")
        return all(
            ctypes.util.find_library(name)
            or _loads(*(f"{folder}/lib{name}.dylib" for folder in folders))
            for name in wanted
        )
    return (
        _loads("libpango-1.0.so.0")
        and _loads("libpangoft2-1.0.so.0")
        and _loads("libharfbuzz.so.0")
        and _loads("libharfbuzz-subset.so.0")
        and _loads("libfontconfig.so.1")
    )


def browser() -> str | None:
    """A Chromium that tests may drive."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if found := shutil.which(name):
            return found
    application = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
    return application if os.access(application, os.X_OK) else None


_PDF = Need(
    "Pango and HarfBuzz (WeasyPrint lays out receipts with them)",
    _weasyprint_libraries,
    (
        "libpango-1.0-0",
        "libpangoft2-1.0-0",
        "libharfbuzz0b",
        "libharfbuzz-subset0",
        "libfontconfig1",
    ),
    ("pango",),
)
_REDIS = Need(
    "a Redis server",
    lambda: bool(
        os.environ.get("REDIS_URL") or os.environ.get("REDIS_URL_FILE") or redis_server.find()
    ),
    ("redis-server",),
    ("redis",),
)
_BROWSER = Need(
    "Chromium (the tests drive it)",
    lambda: browser() is not None,
    ("chromium",),
    ("--cask chromium",),
)
_NEEDS = {"run": (_PDF, _REDIS), "test": (_PDF, _REDIS, _BROWSER)}


def check(what: str) -> None:
    """Raises CannotStartError, saying what to type, when we may not install what is missing."""
    missing = [need for need in _NEEDS[what] if not need.found()]
    if not missing:
        return
    packages = [package for need in missing for package in need.debian]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"Installing {' '.join(packages)} ...", flush=True)
        _apt_install(packages)
        missing = [need for need in missing if not need.found()]
    if missing:
        raise CannotStartError(_message(missing))


def _apt_install(packages: list[str]) -> None:
    # RUNLEVEL=1: a package that brings a service must not start it; we start our own.
    environ = dict(os.environ) | {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    for words in (
        ["update", "-qq"],
        ["install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            ["apt-get", *words],
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            print(
                f"apt-get {words[0]} failed:\n{done.stdout[-1500:]}{done.stderr[-1500:]}",
                file=sys.stderr,
            )


def _message(missing: list[Need]) -> str:
    lines = ["Missing on this machine:", *(f"  - {need.what}" for need in missing), "Install with:"]
    debian = " ".join(package for need in missing for package in need.debian)
    homebrew = " ".join(package for need in missing for package in need.homebrew)
    command = (
        f"  brew install {homebrew}"
        if sys.platform == "darwin"
        else f"  sudo apt-get install {debian}"
    )
    lines.append(command)
    if sys.platform != "darwin":
        lines.append("  (Debian's and Ubuntu's names; other systems have similar ones)")
    return "\n".join([*lines, "and run the same command again."])
