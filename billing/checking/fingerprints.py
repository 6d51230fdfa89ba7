"""The SHA-256 of a file that a stranger sends: taken as it arrives, and nothing of it is kept."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

if TYPE_CHECKING:
    from django.http import HttpRequest


class Fingerprint(UploadedFile):
    """What is left of an upload: its name, its size, and the SHA-256 of what it held."""

    def __init__(self, name: str | None, size: int, sha256: str) -> None:
        super().__init__(BytesIO(), name, size=size)
        self.sha256 = sha256


class Fingerprinting(FileUploadHandler):
    """Instead of Django's handlers, which write what is large to the disk."""

    def __init__(self, request: HttpRequest | None = None) -> None:
        super().__init__(request)
        self._sum = hashlib.sha256()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._sum = hashlib.sha256()

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> None:
        self._sum.update(raw_data)

    def file_complete(self, file_size: int) -> Fingerprint:
        return Fingerprint(self.file_name, file_size, self._sum.hexdigest())
