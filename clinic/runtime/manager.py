"""supervisord that outlives a full disk. Run as a file: it needs nothing of ours.

Its own reports a line it cannot write on a stream that may lie on the same disk, and ends of that.
And of a program that does not stay up it waits one second longer each time, without a limit. Ours
drops such a line, opens the log again when it can, and asks every program again within seconds,
so all is back soon after there is space.
"""

import contextlib
import io
import sys
from pathlib import Path
from typing import Any

from supervisor import loggers, process, supervisord

# Seconds between two tries to start a program that does not stay up.
LONGEST_WAIT = 10


class PatientLog(loggers.RotatingFileHandler):  # type: ignore[misc]  # it ships no types
    """A log file that may be impossible to write, rotate or open, for as long as that lasts."""

    def __init__(self, *arguments: Any) -> None:
        try:
            super().__init__(*arguments)
        except OSError:
            # Not there yet: what was set before the file was opened, and the rest as it would be.
            self.baseFilename, self.mode, self.maxBytes, self.backupCount = arguments
            self.mode = "ab"
            self.stream = io.BytesIO()
            self.stream.close()

    def emit(self, record: Any) -> None:
        with contextlib.suppress(OSError):
            if self.stream.closed:
                self.stream = Path(self.baseFilename).open("ab")  # type: ignore[assignment]  # noqa: SIM115
            super().emit(record)

    def handleError(self) -> None:  # noqa: N802
        if not isinstance(sys.exc_info()[1], OSError):
            super().handleError()

    def close(self) -> None:
        # Closing writes what is left; where that fails the file is closed anyway.
        with contextlib.suppress(OSError, ValueError):
            super().close()


class PatientProcess(process.Subprocess):  # type: ignore[misc]
    """A program that is asked again every few seconds, however often it did not stay up."""

    def change_state(self, new_state: int, expected: bool = True) -> Any:  # noqa: FBT001, FBT002
        self.backoff = min(getattr(self, "backoff", 0), LONGEST_WAIT - 1)  # it adds one
        return super().change_state(new_state, expected)


class ForgivingStream(io.TextIOBase):
    """What supervisord takes for its terminal: a file of ours that may refuse every line."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError, ValueError):
            self._stream.write(text)
            self._stream.flush()
        return len(text)


def main() -> None:
    """supervisord with these three in the places of its own."""
    sys.stdout, sys.stderr = ForgivingStream(sys.stdout), ForgivingStream(sys.stderr)
    loggers.RotatingFileHandler = PatientLog
    process.Subprocess = PatientProcess
    supervisord.main()


if __name__ == "__main__":
    main()
