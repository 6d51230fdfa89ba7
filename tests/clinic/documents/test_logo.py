"""The clinic's logo: what a manager sends is drawn again before it is kept."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.forms import model_to_dict
from django.urls import reverse
from PIL import Image

from clinic.documents import letterhead
from clinic.documents import store as documents
from clinic.models import AuditEvent, Role
from tests.clinic.documents.test_printing import picture
from tests.conftest import browser_for
from tests.factories import make_user

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, User

REFUSED = "This picture cannot be used. Choose a PNG, JPEG or HEIC picture of at most 2 MB."


@pytest.fixture
def admin(db: None) -> Browser:
    return browser_for(
        make_user("admin@clinic.test", Role.MANAGER, is_staff=True, is_superuser=True)
    )


def send(admin: Browser, place: Location, content: bytes | None, **more: str) -> Any:
    file = {} if content is None else {"logo_file": SimpleUploadedFile("logo.png", content)}
    page = reverse("admin:clinic_location_change", args=[place.pk])
    return admin.post(page, {**model_to_dict(place), **more, **file}, follow=True)


def large(width: int, height: int, mode: str = "RGBA") -> bytes:
    out = BytesIO()
    Image.new(mode, (width, height), (200, 30, 90, 0)).save(out, "PNG", comment="taken at home")
    return out.getvalue()


def test_a_logo_is_kept_small_on_white_and_is_written_down(
    admin: Browser, location: Location
) -> None:
    assert send(admin, location, large(3000, 500), logo_words="Two waves").status_code == 200
    location.refresh_from_db()
    logo = letterhead.logo_of(location)
    assert logo is not None
    assert logo.words == "Two waves"
    with Image.open(BytesIO(logo.content)) as seen:
        assert (seen.format, seen.mode, seen.size) == ("PNG", "RGB", (720, 120))
        assert seen.getpixel((0, 0)) == (255, 255, 255)
    assert b"taken at home" not in logo.content
    event = AuditEvent.objects.filter(action="setup.changed").latest("pk")
    assert event.detail["changes"]["logo"]["before"] == ""


def test_another_logo_leaves_the_first_stored(admin: Browser, location: Location) -> None:
    send(admin, location, picture("#111111"))
    location.refresh_from_db()
    first = location.logo
    send(admin, location, picture("#222222"))
    location.refresh_from_db()
    assert first is not None
    assert location.logo != first
    assert documents.read(first)


def test_saving_the_rest_keeps_the_logo_and_a_tick_takes_it_away(
    admin: Browser, location: Location
) -> None:
    send(admin, location, picture())
    send(admin, location, None, name="Stillwater")
    location.refresh_from_db()
    kept = location.logo
    send(admin, location, None, no_logo="on")
    location.refresh_from_db()
    assert (kept is None, location.logo) == (False, None)
    assert letterhead.logo_of(location) is None


@pytest.mark.parametrize(
    "content",
    [
        b"%PDF-1.7 not a picture %%EOF",
        b"GIF89a",
        picture()[:60],
        picture() + bytes(2 * 1024 * 1024),
    ],
    ids=["a PDF", "another kind", "half a picture", "too large"],
)
def test_what_is_no_picture_is_refused_with_a_sentence(
    admin: Browser, location: Location, content: bytes
) -> None:
    assert REFUSED in send(admin, location, content, name="New name").content.decode()
    location.refresh_from_db()
    assert (location.logo, location.name == "New name") == (None, False)


def test_only_a_manager_sets_it(desk_user: User, location: Location) -> None:
    with pytest.raises(PermissionDenied):
        letterhead.set_logo(actor=desk_user, place=location, png=picture())
