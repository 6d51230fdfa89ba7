"""Become one program of the plan: `python -m clinic.runtime.child NAME`.

The process manager starts every program through here, so that its configuration holds no path
to quote, the database server steps down from root, and nothing outlives the process manager.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path

from clinic.runtime.programs import PLAN_VARIABLE, read_program

_PR_SET_PDEATHSIG = 1


def stop_with_parent(stop_signal: str = "TERM") -> None:
    """Ask Linux to signal us when our parent dies, however it dies; elsewhere do nothing."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(
            _PR_SET_PDEATHSIG, signal.Signals[f"SIG{stop_signal}"]
        )


def main(name: str) -> None:
    """Step down, tie our life to the parent's, and execute."""
    program = read_program(Path(os.environ[PLAN_VARIABLE]), name)
    environment = dict(os.environ) if program.environment is None else program.environment
    environment.pop(PLAN_VARIABLE, None)
    os.chdir(program.folder)
    if program.uid is not None and program.gid is not None:
        os.setgroups([])
        os.setgid(program.gid)
        os.setuid(program.uid)
        os.umask(0o077)
    # After setuid, which clears it.
    stop_with_parent(program.stop_signal)
    os.execve(program.argv[0], program.argv, environment)  # noqa: S606


if __name__ == "__main__":
    main(sys.argv[1])
