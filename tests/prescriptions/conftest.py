from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.prescriptions import factories

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpResponse
    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from prescriptions.models import Prescription

    Send = Callable[..., HttpResponse]


@pytest.fixture
def codes(db: None) -> None:
    factories.make_codes()


@pytest.fixture
def submitted(client_record: Client, location: Location, codes: None) -> Prescription:
    return factories.submitted_prescription(client_record)


@pytest.fixture
def approved(client_record: Client, location: Location, desk_user: User) -> Prescription:
    return factories.approved_prescription(client_record)


@pytest.fixture
def send(django_capture_on_commit_callbacks: Callable[..., Any]) -> Send:
    """Post a form with files and let the worker, with its real child, do what follows."""

    def sent(browser: Browser, path: str, data: dict[str, Any], **kwargs: Any) -> HttpResponse:
        with django_capture_on_commit_callbacks(execute=True):
            return browser.post(path, data, **kwargs)  # type: ignore[return-value]

    return sent
