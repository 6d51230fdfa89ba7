"""What the starter reads from the environment, from `.env` and from NAME_FILE variables."""

import base64
import os
import re
import secrets
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_LINE = re.compile(r"(?:export\s+)?([A-Z][A-Z0-9_]*)\s*=\s*(.*)")


class CannotStartError(Exception):
    """Something the person at the terminal can fix; the message says how."""


@dataclass(frozen=True)
class Config:
    """Where this product runs and which of its servers are its own."""

    data: Path
    host: str
    port: int
    web_workers: int
    worker_concurrency: int
    embedded_postgres: bool
    embedded_redis: bool
    demo: bool

    @property
    def local_url(self) -> str:
        """The address at which this machine itself reaches the web server."""
        host = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104
        return f"http://{bracketed(host)}:{self.port}"


def bracketed(host: str) -> str:
    """An IPv6 address needs brackets beside a port."""
    return f"[{host}]" if ":" in host else host


def read_dotenv(path: Path) -> dict[str, str]:
    """NAME=VALUE lines; `#` starts a comment line, one pair of quotes around a value is removed."""
    values: dict[str, str] = {}
    if not path.is_file():
        return values
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := _LINE.fullmatch(line.strip()):
            name, value = match.groups()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            values[name] = value[1:-1] if quoted else value
    return values


def listed_variables(path: Path = ROOT / ".env.example") -> set[str]:
    """Every variable that `.env.example` names, commented out or not."""
    if not path.is_file():
        return set()
    lines = path.read_text(encoding="utf-8").splitlines()
    return {
        match[1] for line in lines if (match := _LINE.fullmatch(line.removeprefix("#").strip()))
    }


def load_environment(env_file: Path) -> dict[str, str]:
    """The values from the file, overridden by the environment; an empty value counts as none."""
    ours = listed_variables()
    both = read_dotenv(env_file) | dict(os.environ)
    return {name: text for name, text in both.items() if text or name not in ours}


def value_of(environ: Mapping[str, str], name: str) -> str:
    """The variable or the content of the file that NAME_FILE names; empty when neither is set."""
    if path := environ.get(f"{name}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise CannotStartError(
                f"{name}_FILE: cannot read {path} ({error.strerror})."
            ) from error
    return environ.get(name, "").strip()


def _whole_number(environ: Mapping[str, str], name: str, default: int, most: int) -> int:
    text = value_of(environ, name) or str(default)
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise CannotStartError(f"{name} must be a whole number from 1 to {most}, not {text!r}.")
    return int(text)


def read_config(environ: Mapping[str, str]) -> Config:
    """Raises CannotStartError when a value makes no sense."""
    embedded_postgres = not value_of(environ, "DATABASE_URL")
    demo = value_of(environ, "CLINIC_DEMO") or ("1" if embedded_postgres else "0")
    data = Path(value_of(environ, "CLINIC_DATA_DIR") or ".data").expanduser()
    return Config(
        data=Path(os.path.normpath(ROOT / data)),
        host=value_of(environ, "HOST") or "127.0.0.1",
        port=_whole_number(environ, "PORT", 8000, 65535),
        web_workers=_whole_number(environ, "WEB_WORKERS", 2, 64),
        worker_concurrency=_whole_number(environ, "WORKER_CONCURRENCY", 2, 64),
        embedded_postgres=embedded_postgres,
        embedded_redis=not value_of(environ, "REDIS_URL"),
        demo=demo.lower() in {"1", "true", "yes", "on", "y", "ok"},
    )


def new_secret_key() -> str:
    """A signing key for Django."""
    return secrets.token_urlsafe(48)


def new_document_keys() -> str:
    """One document key in the form that DOCUMENT_KEYS takes: `id:base64 of 32 bytes`."""
    return f"{secrets.token_hex(4)}:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def put(environ: MutableMapping[str, str], name: str, value: str) -> None:
    """Set a variable so that no NAME_FILE overrides it."""
    environ.pop(f"{name}_FILE", None)
    environ[name] = value


def put_default(environ: MutableMapping[str, str], name: str, value: str) -> None:
    """Set a variable unless the person set it."""
    if not value_of(environ, name):
        put(environ, name, value)
