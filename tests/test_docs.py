"""What the documents promise is there, and what is there is documented."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

from clinic.runtime.config import ROOT, listed_variables

FOLDERS = (
    *("clinic", "intake", "prescriptions", "booking", "treatment", "billing"),
    *("demo", "website", "templates", "static", "tests", "docs", "bench"),
)

# Functions of django-environ and of the starter whose first or second argument names a variable.
READERS = {"str", "bool", "int", "float", "list", "dict", "url", "db_url", "email_url", "cache_url"}
STARTER_READERS = {"value_of", "_whole_number", "put_default"}


def names_read(path: Path) -> set[str]:
    """Names of variables in calls such as env.str("NAME") and value_of(environ, "NAME")."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        is_env = (
            isinstance(function, ast.Attribute)
            and function.attr in READERS
            and isinstance(function.value, ast.Name)
            and function.value.id == "env"
        )
        if is_env or (isinstance(function, ast.Name) and function.id in STARTER_READERS):
            words = [word.value for word in node.args if isinstance(word, ast.Constant)]
            found |= {word for word in words if isinstance(word, str) and word.isupper()}
    return found


def variables_read() -> set[str]:
    sources = [ROOT / "clinic" / "settings.py", *(ROOT / "clinic" / "runtime").glob("*.py")]
    return set().union(*(names_read(path) for path in sources))


def test_env_example_lists_every_variable_and_no_other() -> None:
    assert listed_variables() == variables_read()


def test_the_running_guide_explains_every_variable() -> None:
    text = (ROOT / "docs" / "run.md").read_text(encoding="utf-8")

    missing = {name for name in variables_read() if f"`{name}`" not in text}

    assert missing == set()


def documents() -> list[Path]:
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def wrong(find: Callable[[Path, str], list[str]]) -> list[str]:
    """What is found in each guide."""
    return [
        f"{document.relative_to(ROOT)} -> {found}"
        for document in documents()
        for found in find(document, document.read_text(encoding="utf-8"))
    ]


def dead_links(document: Path, text: str) -> list[str]:
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
    return [target for target in targets if not (document.parent / target).exists()]


def dead_anchors(document: Path, text: str) -> list[str]:
    """Links to a heading that is not there."""
    found = []
    for target, anchor in re.findall(r"\]\(([^)#:\s]*)#([^)]+)\)", text):
        page = document.parent / target if target else document
        headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
        if anchor not in {anchor_of(heading) for heading in headings}:
            found.append(f"{target}#{anchor}")
    return found


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def missing_paths(_document: Path, text: str) -> list[str]:
    """Paths of ours in backticks; `*` stands for anything."""
    named = {path for path in re.findall(r"`([\w./*-]+)`", text) if is_ours(path)}
    return sorted(path for path in named if not exists(path))


def is_ours(path: str) -> bool:
    first, slash, _rest = path.partition("/")
    if slash:
        return bool(first) and not first.startswith(".") and (ROOT / first).is_dir()
    return re.search(r"\w\.(py|html|js|md|toml|sh)$", path) is not None


def exists(path: str) -> bool:
    """A name without a folder may stand anywhere in ours: the text around it says where."""
    if "/" in path or (ROOT / path).exists():
        return any(ROOT.glob(path.rstrip("/")))
    return any(True for app in FOLDERS for _found in (ROOT / app).rglob(path))


def test_links_between_documents_lead_somewhere() -> None:
    assert wrong(dead_links) == []
    assert wrong(dead_anchors) == []


def test_every_path_that_documents_name_exists() -> None:
    assert wrong(missing_paths) == []


def test_the_search_for_paths_finds_what_is_not_there() -> None:
    readme = ROOT / "README.md"

    assert dead_links(readme, "[x](docs/no.md)") == ["docs/no.md"]
    assert dead_anchors(readme, "[x](docs/run.md#no)") == ["docs/run.md#no"]
    assert dead_anchors(readme, "[x](docs/run.md#environment)") == []
    assert missing_paths(readme, "`clinic/no.py`, `no_such_module.py`, `clinic/no*.py`") == [
        "clinic/no*.py",
        "clinic/no.py",
        "no_such_module.py",
    ]
    assert missing_paths(readme, "`clinic/access.py`, `tests/clinic/test_*.py`, `/book/`") == []


def test_make_targets_that_documents_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))

    unknown = wrong(
        lambda _document, text: sorted(set(re.findall(r"`make ([a-z-]+)", text)) - targets)
    )

    assert unknown == []


def test_the_proofs_that_the_security_guide_names_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|clinic|prescriptions)/[\w/]+\.py)`", text))

    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()
