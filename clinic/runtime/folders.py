"""Folders, the lock on them, and the account that PostgreSQL runs under when root starts it.

The starter changes the mode and owner only of folders that it or the product made.
"""

import fcntl
import os
import pwd
import re
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clinic.runtime.config import CannotStartError

# sun_path holds 108 bytes on Linux and 104 on macOS, with the closing zero.
SOCKET_PATH_BYTES = 103
_LONGEST_SOCKET = "/postgres/.s.PGSQL.5432"
# Such a path needs no quoting in a URL, a configuration file or a connection string.
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")
_TEMPORARY_PREFIX = "clinic-"
# The umask of all that writes into the data folder.
PRIVATE = 0o077
# What lies there for no other account: folders that a start before this rule left open.
_PRIVATE_FOLDERS = ("secrets", "logs", "mail", "documents", "redis", "beat")


@dataclass(frozen=True)
class Account:
    """The unprivileged account of the database server."""

    name: str
    uid: int
    gid: int


def server_account(owner_of: Path | None = None) -> Account | None:
    """None for an ordinary user; root steps down, to the owner of an existing cluster if any.

    Not to an account named postgres: a distribution's own clusters trust that one.
    """
    if os.geteuid() != 0:
        return None
    if owner_of is not None and owner_of.exists():
        found = owner_of.stat()
        if found.st_uid == 0:
            raise CannotStartError(
                f"{owner_of} belongs to root, and PostgreSQL refuses to run as root."
            )
        try:
            return Account(pwd.getpwuid(found.st_uid).pw_name, found.st_uid, found.st_gid)
        except KeyError:
            raise CannotStartError(
                f"{owner_of} belongs to user id {found.st_uid}, which has no account here."
            ) from None
    for name in ("nobody", "daemon"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStartError(
        "PostgreSQL refuses to run as root, and there is no account 'nobody' to step down to.\n"
        "Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server."
    )


def may_enter(account: Account | None, path: Path) -> bool:
    """True when the account can pass through the folder, or read the file."""
    if account is None:
        return os.access(path, os.X_OK if path.is_dir() else os.R_OK)
    test = subprocess.run(
        [
            "/bin/sh",
            "-c",
            'if [ -d "$1" ]; then [ -x "$1" ]; else [ -r "$1" ]; fi',
            "sh",
            str(path),
        ],
        user=account.uid,
        group=account.gid,
        extra_groups=[],
        cwd="/",
        check=False,
    )
    return test.returncode == 0


def make_folder(path: Path, mode: int = 0o700, owner: Account | None = None) -> None:
    """Make the folder with this mode and owner unless it is there; parents become ordinary ones."""
    if path.is_dir():
        return
    for parent in reversed(path.parents):
        if not parent.exists():
            parent.mkdir(exist_ok=True)
            parent.chmod(0o755)
    path.mkdir(exist_ok=True)
    path.chmod(mode)
    if owner is not None:
        os.chown(path, owner.uid, owner.gid)


def make_data_folder(data: Path) -> None:
    """The data folder: root leaves it open to pass through, for PostgreSQL's account."""
    try:
        make_folder(data, 0o711 if os.geteuid() == 0 else 0o700)
        for name in ("secrets", "logs"):
            make_folder(data / name)
        for name in _PRIVATE_FOLDERS:
            _tighten(data / name)
    except OSError as error:
        raise CannotStartError(
            f"Cannot make the data folder {data}: {error.strerror}.\n"
            "Set CLINIC_DATA_DIR to a folder that you may write to."
        ) from error
    if not os.access(data, os.W_OK | os.X_OK):
        raise CannotStartError(
            f"The data folder {data} is not yours to write to. Set CLINIC_DATA_DIR to another."
        )


def _tighten(folder: Path) -> None:
    """Take from others what they may do in a folder of ours, and with the mail that lies there."""
    files = folder.iterdir() if folder.name == "mail" and folder.is_dir() else ()
    for path in (folder, *files):
        if path.is_symlink() or not path.exists():
            continue
        found = path.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077:
            path.chmod(stat.S_IMODE(found.st_mode) & ~0o077)


def lock(data: Path) -> IO[str]:
    """Hold the data folder for this run; the lock lasts while the returned file is open."""
    file = (data / "lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise CannotStartError(
            f"Already running: process {holder} holds the data folder {data}.\n"
            "Stop it first, or set PORT and CLINIC_DATA_DIR to run a second clinic beside it."
        ) from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _fits(path: Path) -> bool:
    text = f"{path}{_LONGEST_SOCKET}"
    return bool(_PLAIN.fullmatch(text)) and len(text) <= SOCKET_PATH_BYTES


def make_run_folder(data: Path, account: Account | None) -> Path:
    """A folder for sockets: in the data folder if its path allows, else a short one of our own."""
    mode = 0o711 if account else 0o700
    remember = data / "run.path"
    remove_run_folder(data)
    inside = data / "run"
    if _fits(inside) and may_enter(account, data):
        make_folder(inside, mode)
        run = inside
    else:
        run = make_temporary_folder(account)
        remember.write_text(str(run), encoding="utf-8")
    for name, owner in (("postgres", account), ("redis", None)):
        make_folder(run / name, 0o700, owner)
    return run


def remove_run_folder(data: Path) -> None:
    """Remove what the last run left, also after a power cut; sockets only, never data."""
    shutil.rmtree(data / "run", ignore_errors=True)
    remember = data / "run.path"
    if not remember.is_file():
        return
    old = Path(remember.read_text(encoding="utf-8"))
    if old.name.startswith(_TEMPORARY_PREFIX) and old.is_dir() and not old.is_symlink():
        found = old.stat()
        if found.st_uid == os.geteuid():
            shutil.rmtree(old, ignore_errors=True)
    remember.unlink()


def make_temporary_folder(account: Account | None) -> Path:
    """A new private folder with a short plain path that the account can pass through."""
    for parent in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):  # noqa: S108
        if (
            _fits(parent / f"{_TEMPORARY_PREFIX}xxxxxxxx")
            and parent.is_dir()
            and may_enter(account, parent)
        ):
            folder = Path(tempfile.mkdtemp(prefix=_TEMPORARY_PREFIX, dir=parent))
            folder.chmod(0o711 if account else 0o700)
            return folder
    raise CannotStartError(
        "No temporary folder with a short path is writable here. Set TMPDIR to one."
    )


def check_shared_base(path: Path) -> None:
    """Refuse a folder under /var that someone else could have planted."""
    found = path.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != 0 or found.st_mode & 0o022:
        raise CannotStartError(
            f"{path} must be a folder that belongs to root and that no one else may write to."
        )


def private_file(path: Path, make: str) -> str:
    """The file's content; the first time, write `make` there for the owner's eyes only."""
    if not path.exists():
        part = path.with_name(f"{path.name}.new")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(make)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    return path.read_text(encoding="utf-8").strip()
