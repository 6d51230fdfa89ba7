import os
from pathlib import Path

import pytest

from clinic.runtime import folders
from clinic.runtime.config import CannotStartError, read_config, read_dotenv, value_of


def run_folder(data: Path) -> Path:
    data.mkdir(parents=True)
    return folders.make_run_folder(data, None)


def test_sockets_live_in_the_data_folder(folder: Path) -> None:
    assert run_folder(folder / "data") == folder / "data" / "run"


@pytest.mark.parametrize("name", ["a" * 90, "with space", "größer", "per%cent", 'quo"te'])
def test_a_path_that_sockets_cannot_have_gets_a_short_private_folder(
    folder: Path, name: str
) -> None:
    data = folder / name

    run = run_folder(data)

    assert len(f"{run}/postgres/.s.PGSQL.5432") < 108
    assert run.stat().st_mode & 0o777 == 0o700
    again = folders.make_run_folder(data, None)
    assert not run.exists()
    folders.remove_run_folder(data)
    assert not again.exists()


def test_a_remembered_path_that_is_not_ours_is_left_alone(folder: Path) -> None:
    data, precious = folder / "data", folder / "precious"
    data.mkdir()
    precious.mkdir()
    (data / "run.path").write_text(str(precious), encoding="utf-8")

    folders.remove_run_folder(data)

    assert precious.is_dir()


def test_the_lock_names_who_holds_it(folder: Path) -> None:
    with folders.lock(folder), pytest.raises(CannotStartError, match=f"process {os.getpid()}"):
        folders.lock(folder)


def test_a_folder_that_is_there_keeps_its_mode(folder: Path) -> None:
    (folder / "data").mkdir(mode=0o750)
    mode = (folder / "data").stat().st_mode

    folders.make_data_folder(folder / "data")

    assert (folder / "data").stat().st_mode == mode


def test_a_private_file_is_made_once(folder: Path) -> None:
    assert folders.private_file(folder / "key", "first") == "first"
    assert folders.private_file(folder / "key", "second") == "first"
    assert (folder / "key").stat().st_mode & 0o777 == 0o600


def test_dotenv_reads_names_values_quotes_and_comments(folder: Path) -> None:
    path = folder / ".env"
    path.write_text("# PORT=1\nPORT=8001\nexport HOST='0.0.0.0'\n\nnonsense\n", encoding="utf-8")

    assert read_dotenv(path) == {"PORT": "8001", "HOST": "0.0.0.0"}  # noqa: S104


def test_a_variable_may_come_from_a_file(folder: Path) -> None:
    (folder / "port").write_text("8123\n", encoding="utf-8")

    assert read_config({"PORT_FILE": str(folder / "port")}).port == 8123
    with pytest.raises(CannotStartError, match="PORT_FILE"):
        value_of({"PORT_FILE": str(folder / "none")}, "PORT")


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5", "²"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(CannotStartError, match="PORT must be a whole number"):
        read_config({"PORT": port})


def test_the_demo_is_on_with_our_own_database_only() -> None:
    assert read_config({}).demo
    assert not read_config({"CLINIC_DEMO": "0"}).demo
    assert not read_config({"DATABASE_URL": "postgresql://db/clinic"}).demo
