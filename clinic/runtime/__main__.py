"""The commands: `python -m clinic.runtime up | dev | manage | exec | keys | system`."""

import argparse
import sys
from pathlib import Path

from clinic.runtime.config import ROOT, CannotStartError, new_document_keys, new_secret_key


def main(argv: list[str]) -> int:
    """Do one command; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m clinic.runtime", description="Run the clinic.")
    parser.add_argument(
        "--env-file", type=Path, default=ROOT / ".env", help="NAME=VALUE lines (default: .env)"
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("up", help="run the whole product until Ctrl-C")
    commands.add_parser("dev", help="the same, reloading when the source changes")
    commands.add_parser("keys", help="print a new SECRET_KEY and DOCUMENT_KEYS")
    manage = commands.add_parser("manage", help="run manage.py on the data folder's database")
    manage.add_argument("rest", nargs=argparse.REMAINDER)
    execute = commands.add_parser("exec", help="run a command on throw-away servers")
    execute.add_argument(
        "--durable",
        action="store_true",
        help="wait for the disk on every write, as the product does",
    )
    execute.add_argument("rest", nargs=argparse.REMAINDER, metavar="-- COMMAND")
    system = commands.add_parser("system", help="check, and where allowed install, system packages")
    system.add_argument("what", choices=["run", "test"])
    options = parser.parse_args(argv)
    try:
        return _do(options)
    except CannotStartError as error:
        print(error, file=sys.stderr)
        return 1


def _do(options: argparse.Namespace) -> int:
    # Each command imports only what it needs: `system` runs before the packages are installed.
    if options.command in {"up", "dev"}:
        from clinic.runtime.up import up

        return up(options.env_file, reload=options.command == "dev")
    if options.command == "manage":
        from clinic.runtime.manage import manage

        return manage(options.env_file, options.rest)
    if options.command == "exec":
        from clinic.runtime.throwaway import run

        command = options.rest[1:] if options.rest[:1] == ["--"] else options.rest
        if not command:
            raise CannotStartError("exec needs a command: python -m clinic.runtime exec -- COMMAND")
        return run(command, durable=options.durable)
    if options.command == "system":
        from clinic.runtime.system import check

        check(options.what)
        return 0
    print(f"SECRET_KEY={new_secret_key()}\nDOCUMENT_KEYS={new_document_keys()}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
