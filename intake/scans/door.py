"""How a file from outside becomes a copy that may be shown. The rooms that open files are in an
app that intake does not know: booking, a floor above both, hands them down.

    door.register(files)      in BookingConfig.ready
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django import forms


@dataclass(frozen=True, slots=True)
class Copy:
    """The clean copy: one PDF."""

    pdf: bytes
    pages: int


class Unusable(DomainError):
    """A file that is not accepted: `stored` is what a row keeps of the reason."""

    field = "document"

    def __init__(self, message: str, stored: str) -> None:
        self.stored = stored
        super().__init__(message)


class NotNow(Exception):
    """It could not be done now; another try may work. `is_free`: it does not count as a try."""

    def __init__(self, *, is_free: bool = False) -> None:
        self.is_free = is_free
        super().__init__()


class NoPage(Exception):
    """There is no such page, or it cannot be drawn."""


class Files(Protocol):
    def field(self, label: str, help_text: str, required: str) -> forms.Field:
        """One or more files, of the kinds and sizes that are accepted."""

    def check(self, files: Sequence[bytes]) -> list[str]:
        """Their types, by their first bytes. Raises Unusable."""

    def clean(self, files: Sequence[bytes]) -> Copy:
        """In a process of its own, in the worker. Raises Unusable, NotNow."""

    def page(self, pdf: bytes, number: int) -> bytes:
        """A page of a clean copy as PNG. Raises NoPage."""

    def explained(self, stored: str) -> str:
        """What a row keeps of a refusal, in words."""


_files: Files | None = None


def register(files: Files) -> None:
    global _files
    _files = files


def files() -> Files:
    if _files is None:
        message = "No app has registered how files are opened."
        raise RuntimeError(message)
    return _files
