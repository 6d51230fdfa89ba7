"""What the documents promise is there, and what is there is documented."""

import ast
import re
from pathlib import Path

from clinic.runtime.config import ROOT, listed_variables

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


def test_links_between_documents_lead_somewhere() -> None:
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    dead = [
        f"{document.relative_to(ROOT)} -> {target}"
        for document in documents
        if document.exists()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", document.read_text("utf-8"))
        if not (document.parent / target).exists()
    ]

    assert dead == []


def test_make_targets_that_documents_name_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    named = {
        name
        for document in documents
        if document.exists()
        for name in re.findall(r"`make ([a-z-]+)", document.read_text(encoding="utf-8"))
    }

    assert named <= targets


def test_the_proofs_that_the_security_guide_names_exist() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|clinic|prescriptions)/[\w/]+\.py)`", text))

    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).exists()} == set()
