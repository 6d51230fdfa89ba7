"""What we use of allauth beyond its public interface is there, in the version we are bound to."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib.metadata import version

from allauth.account.internal.flows import reauthentication as flow
from packaging.requirements import Requirement

from clinic.accounts import allauth_private
from clinic.accounts.reauthentication import services
from clinic.runtime.config import ROOT

PRIVATE = re.compile(r"allauth[.\w]*\.internal")


def bound() -> Requirement:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [found] = [one for one in project["dependencies"] if one.startswith("django-allauth")]
    return Requirement(found)


def test_the_version_is_bounded_and_the_bound_holds() -> None:
    operators = {one.operator for one in bound().specifier}
    assert operators == {">=", "<"}
    assert bound().specifier.contains(version("django-allauth"))
    assert not bound().specifier.contains("66.0")


def test_private_names_stand_in_one_module() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "clinic").rglob("*.py")
        if PRIVATE.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"clinic/accounts/allauth_private.py"}


def test_each_private_name_takes_what_we_give_it() -> None:
    assert all(hasattr(allauth_private, name) for name in allauth_private.__all__)
    counted = inspect.signature(allauth_private.consume).parameters
    assert {"app", "action", "user", "limit_get"} <= set(counted)
    recorded = inspect.signature(allauth_private.record_authentication).parameters
    assert list(recorded)[:3] == ["request", "user", "method"]
    for name in ("resume_request", "clear_login"):
        assert list(inspect.signature(getattr(allauth_private, name)).parameters) == ["request"]


def test_a_stopped_request_is_handed_to_us_by_name() -> None:
    class Asking:
        session = {
            flow.STATE_SESSION_KEY: {"callback": f"{__name__}.given_back", "state": "what we kept"}
        }

    assert allauth_private.resume_request(Asking()) == "what we kept"
    assert Asking.session == {}
    assert callable(services.resume)


def given_back(_request: object, state: str) -> str:
    return state
