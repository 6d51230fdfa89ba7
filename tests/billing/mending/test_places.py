"""What a receipt lacks leads to where it is put right; who may not do that is told who may."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from billing import selectors, services
from billing.errors import Lack
from billing.issuing import services as issuing
from billing.mending import places
from billing.models import Charge, Procedure
from clinic import access
from clinic.models import Role
from prescriptions.models import Prescription
from tests.billing.factories import paid
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User
    from treatment.models import Visit


def read(visit: Visit) -> Visit:
    return selectors.visits().get(pk=visit.pk)


def spoil(visit: Visit, lack: str) -> str:
    """Take away what a receipt needs; the page where it is put right."""
    therapist, client = visit.therapist, visit.appointment.client
    place = visit.appointment.location
    assert client is not None
    setup = reverse("diary:therapist", args=[therapist.pk])
    clinic = reverse("admin:clinic_location_change", args=[place.pk])
    service = visit.appointment.option.service
    rows = {
        Lack.PATIENT: (
            client,
            {"first_name": " ", "last_name": ""},
            reverse("client-details", args=[client.pk]),
        ),
        Lack.LEGAL_NAME: (place, {"legal_name": ""}, clinic),
        Lack.ADDRESS: (place, {"street": " "}, clinic),
        Lack.THERAPIST: (therapist, {"name": ""}, setup),
        Lack.LICENSE: (therapist, {"license_number": ""}, setup),
        Lack.DESCRIPTION: (service, {"name": ""}, reverse("diary:service", args=[service.pk])),
    }
    row, fields, page = rows[Lack(lack)]
    type(row)._base_manager.filter(pk=row.pk).update(**fields)
    return page


ASKED = ["patient", "legal_name", "address", "therapist", "license", "description"]


@pytest.mark.parametrize("lack", ASKED)
def test_what_is_missing_leads_a_manager_to_a_page_that_opens(
    as_manager: Browser, manager_user: User, visit: Visit, lack: str
) -> None:
    access.give_role(manager_user, Role.MANAGER)
    manager_user.save()
    page = spoil(visit, lack)
    [found] = places.places(manager_user, read(visit))
    assert (found.lack, found.url, found.who) == (lack, page, "")
    shown = as_manager.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert f'<a href="{page}">{escape(found.name)}</a>' in shown
    assert as_manager.get(page).status_code == 200


@pytest.mark.parametrize("lack", ASKED)
def test_the_desk_gets_a_link_or_is_told_who_can(
    as_desk: Browser, desk_user: User, visit: Visit, lack: str
) -> None:
    page = spoil(visit, lack)
    [found] = places.places(desk_user, read(visit))
    shown = as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text
    if lack == "patient":
        assert f'<a href="{page}">{escape(found.name)}</a>' in shown
    else:
        assert page not in shown
        assert "a manager can add it in the clinic" in str(found.who)
        assert f"{escape(found.name)}: a manager can add it" in shown


def test_a_biller_is_told_who_adds_a_name(biller_user: User, visit: Visit) -> None:
    spoil(visit, "patient")
    [found] = places.places(biller_user, read(visit))
    assert (found.url, str(found.who)) == (
        "",
        "the front desk can add it in the client's details",
    )


def test_a_refused_receipt_says_all_and_the_visit_has_the_links(
    as_manager: Browser, visit: Visit
) -> None:
    pages = [spoil(visit, one) for one in ("license", "legal_name")]
    answer = as_manager.post(reverse("billing:issue", args=[visit.pk]), follow=True)
    said = [str(one) for one in answer.context["messages"]]
    assert said == [
        "No receipt yet. Still missing: the clinic's legal name, the therapist's license."
    ]
    shown = as_manager.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert all(f'href="{page}"' in shown for page in pages)


def test_a_prescribed_visit_without_its_prescription_leads_to_the_prescriptions(
    as_desk: Browser, desk_user: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    type(visit.appointment).objects.filter(pk=visit.appointment_id).update(reservation=None)
    Prescription.objects.update(through_on=timezone.localdate() - timedelta(days=2))
    [found] = places.places(desk_user, read(visit))
    assert found.lack == Lack.PRESCRIPTION
    assert found.url == reverse("prescriptions:client-panel", args=[client_record.pk])
    assert as_desk.get(found.url).status_code == 200


def test_a_technique_without_a_procedure_leads_to_the_procedures(
    as_manager: Browser, manager_user: User, desk_user: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    for procedure in Procedure.objects.all():
        procedure.techniques.clear()
    [found] = places.places(manager_user, read(visit))
    assert found.url == reverse("billing:procedures")
    shown = as_manager.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert f'<a href="{found.url}">' in shown
    [told] = places.places(desk_user, read(visit))
    assert not told.url
    assert told.who


def test_a_procedure_without_a_label_leads_to_that_procedure(
    manager_user: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    Procedure.objects.update(label="")
    [found] = places.places(manager_user, read(visit))
    assert found.lack == Lack.DESCRIPTION
    one = Procedure.objects.get(pk=found.url.rstrip("/").rpartition("/")[2])
    assert one.label == ""


def test_a_visit_that_costs_nothing_any_more_leads_to_its_figures(
    manager_user: User, desk_user: User, visit: Visit
) -> None:
    services.charge_visit(visit=visit)
    Charge.everything.filter(visit=visit).update(retired_at=visit.stopped_at)
    Charge.objects.create(visit=visit, description="Massage", list_cents=0, net_cents=0)
    [found] = places.places(manager_user, read(visit))
    assert found.url == reverse("treatment:correct", args=[visit.pk])
    [told] = places.places(desk_user, read(visit))
    assert "the therapist or a manager" in str(told.who)


def test_pages_that_issue_again_say_what_is_missing(
    as_manager: Browser, desk_user: User, visit: Visit
) -> None:
    paid(desk_user, visit, 4000)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    paid(desk_user, visit, 6000)
    page = spoil(visit, "license")
    for address in (
        reverse("billing:visit-documents", args=[visit.pk]),
        reverse("billing:desk-receipt", args=[receipt.pk]),
        reverse("billing:panel", args=[visit.appointment_id]),
    ):
        assert f'href="{page}"' in as_manager.get(address).text, address


def test_a_complete_visit_lacks_nothing_and_asks_nothing_more(
    as_desk: Browser,
    desk_user: User,
    visit: Visit,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    found = read(visit)
    with django_assert_num_queries(0):
        assert places.places(desk_user, found) == []
    assert (
        "Before a receipt"
        not in as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text
    )
