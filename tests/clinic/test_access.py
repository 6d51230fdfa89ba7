from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.http import Http404

from clinic import access
from clinic.models import Guardian, Role

if TYPE_CHECKING:
    from django.test import Client as Browser
    from django.test import RequestFactory

    from clinic.models import Client, User


def test_a_client_reaches_their_own_record_and_nobody_elses(
    client_user: User, client_record: Client, other_client: Client
) -> None:
    assert access.client(client_user, client_record.pk) == client_record
    with pytest.raises(Http404):
        access.client(client_user, other_client.pk)
    with pytest.raises(Http404):
        access.client(client_user, "not-a-uuid")


def test_a_guardian_reaches_the_client_they_answer_for(
    client_user: User, client_record: Client, other_client: Client
) -> None:
    Guardian.objects.create(user=client_user, client=other_client, relationship="parent")
    assert access.client(client_user, other_client.pk) == other_client
    assert access.may_act_for(client_user, other_client)


def test_staff_reach_every_client(desk_user: User, other_client: Client) -> None:
    assert access.client(desk_user, other_client.pk) == other_client


def test_a_login_acts_for_its_first_client_until_it_chooses_another(
    as_client: Browser, client_user: User, client_record: Client, other_client: Client
) -> None:
    Guardian.objects.create(user=client_user, client=other_client, relationship="partner")
    assert as_client.get("/portal/").context["client"] == client_record
    as_client.post("/portal/for/", {"client": other_client.pk})
    assert as_client.get("/portal/").context["client"] == other_client


def test_a_login_cannot_choose_a_stranger(
    as_client: Browser, client_record: Client, other_client: Client
) -> None:
    assert as_client.post("/portal/for/", {"client": other_client.pk}).status_code == 404
    assert as_client.post("/portal/for/", {"client": "junk"}).status_code == 404
    assert as_client.get("/portal/").context["client"] == client_record


def test_choosing_never_leads_off_the_site(as_client: Browser, client_record: Client) -> None:
    answer = as_client.post(
        "/portal/for/", {"client": client_record.pk, "next": "https://evil.example/"}
    )
    assert answer.headers["Location"] == "/portal/"


def test_roles_let_in_only_the_roles_they_name(
    rf: RequestFactory, client_user: User, therapist_user: User, desk_user: User
) -> None:
    from django.core.exceptions import PermissionDenied
    from django.http import HttpResponse

    view = access.roles(Role.FRONT_DESK)(lambda _request: HttpResponse("in"))
    request = rf.get("/")
    request.user = desk_user
    assert view(request).content == b"in"
    request.user = therapist_user
    with pytest.raises(PermissionDenied):
        view(request)
    request.user = client_user
    with pytest.raises(Http404):
        view(request)
