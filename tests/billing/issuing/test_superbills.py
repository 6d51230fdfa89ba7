"""The superbill: codes, units, diagnoses and pointers, only behind a prescription that covers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from billing import tasks
from billing.errors import NotPrescribed, NoUnits, SuperbillIncomplete
from billing.issuing import services as issuing
from billing.issuing import superbills
from billing.models import BillingDocument, Kind, Procedure
from clinic.errors import DomainError
from clinic.format import us_date
from clinic.models import Client, Payer, Therapist, User
from prescriptions.models import DiagnosisCode, Prescription
from tests.billing.factories import paid, plain_visit
from tests.billing.test_pdf import printed, words
from tests.treatment.factories import finished_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from datetime import date

    from django.test import Client as Browser

NPI = "1234567893"


@pytest.fixture
def member(client_record: Client) -> Client:
    """Someone whose insurer pays out of network."""
    payer = Payer.objects.create(
        name="Hudson Health PPO", kind=Payer.Kind.OUT_OF_NETWORK, required_modifiers="GP"
    )
    client_record.payer, client_record.member_number = payer, "HPX 448 201 77"
    client_record.address = "27 Orchard Lane\nBeacon, NY 12508"
    client_record.save()
    return client_record


def of(member: Client, **about: Any) -> Visit:
    visit = finished_visit(member, **about)
    Therapist.objects.update(npi=NPI)
    return Visit.objects.get(pk=visit.pk)


def issue(actor: User, visit: Visit) -> BillingDocument:
    return issuing.issue(Kind.SUPERBILL, actor=actor, visit=visit)


def test_it_says_all_that_an_insurer_looks_for(desk_user: User, member: Client) -> None:
    Procedure.objects.filter(code="97140").update(modifiers="GP")
    visit = of(member)
    Procedure.objects.filter(code="97140").update(modifiers="GP")
    paid(desk_user, visit)

    made = issue(desk_user, visit)

    assert len(printed(made).pages) == 1
    text = words(made)
    order = visit.appointment.reservation.prescription  # type: ignore[union-attr]
    for wanted in [
        f"Superbill {made.number}",
        "EIN 12-3456789",
        "Ana Lima",
        "Date of birth",
        "27 Orchard Lane Beacon, NY 12508",
        "Hudson Health PPO",
        "Member ID HPX 448 201 77",
        f"NPI {NPI}",
        "Place of service 11, office",
        f"Referring NPI {order.prescriber_npi}",
        "A M54.2 Cervicalgia",
        "Date of service",
        "Amount charged",
        "97140 GP A",
        "40 3 $75.00 $0.00 $75.00",
        "97124 \N{EN DASH} A",
        "13 1 $25.00 $0.00 $25.00",
        "by the CMS rule",
        "Patient responsibility $100.00",
        "Balance $0.00",
    ]:
        assert wanted in text, wanted
    assert made.number.startswith("S-")
    assert order.reason not in text


def test_each_kind_counts_its_own_numbers(desk_user: User, member: Client) -> None:
    visit = of(member)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    superbill = issue(desk_user, visit)
    assert (receipt.serial, superbill.serial) == (1, 1)
    assert issue(desk_user, visit) == superbill
    assert superbill.reservation == receipt.reservation


def test_what_is_not_prescribed_has_none(desk_user: User, client_record: Client) -> None:
    with pytest.raises(NotPrescribed):
        issue(desk_user, plain_visit(client_record))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda one: Client.objects.update(birth_date=None, phone="+12125550142"), "date of birth"),
        (lambda one: Client.objects.update(address=" "), "the patient's address"),
        (lambda one: Therapist.objects.update(npi=""), "the therapist's NPI"),
        (lambda one: type(one.appointment.location).objects.update(ein=""), "the clinic's EIN"),
    ],
)
def test_it_is_refused_with_what_is_missing(
    desk_user: User, member: Client, change: object, named: str
) -> None:
    visit = of(member)
    change(visit)  # type: ignore[operator]
    with pytest.raises(SuperbillIncomplete, match=named):
        issue(desk_user, Visit.objects.get(pk=visit.pk))
    assert not BillingDocument.objects.exists()


def test_an_order_that_does_not_cover_the_day_gives_none(desk_user: User, member: Client) -> None:
    visit = of(member)
    Prescription.objects.update(status=Prescription.Status.REJECTED)
    with pytest.raises(DomainError, match="no approved prescription"):
        issue(desk_user, Visit.objects.get(pk=visit.pk))


def test_less_than_a_unit_is_refused(desk_user: User, member: Client) -> None:
    """domain.md, check 1: 7 minutes are no unit."""
    visit = of(member)
    visit.minutes.exclude(pk=visit.minutes.first().pk).delete()  # type: ignore[union-attr]
    visit.minutes.update(minutes=7)
    with pytest.raises(NoUnits):
        issue(desk_user, visit)


def test_modifiers_that_the_payer_asks_for_are_warned_of_not_added(
    desk_user: User, member: Client
) -> None:
    visit = of(member)
    made = issue(desk_user, visit)
    assert {line.modifiers for line in made.lines.all()} == {""}
    assert superbills.missing_modifiers(visit) == ["GP"]
    Procedure.objects.update(modifiers="59 GP")
    assert superbills.missing_modifiers(visit) == []


def test_a_correction_replaces_receipt_and_superbill(desk_user: User, member: Client) -> None:
    visit = of(member)
    first = [issuing.issue_receipt(actor=desk_user, visit=visit), issue(desk_user, visit)]
    paid(desk_user, visit)
    assert [one.document for one in issuing.outdated(visit)] == first

    made = issuing.bring_up_to_date(actor=desk_user, visit=visit)

    assert [one.replaces for one in made] == first
    assert [one.paid_cents for one in made] == [10000, 10000]
    assert issuing.outdated(visit) == []


def test_the_desk_issues_one_and_the_client_finds_it(
    as_desk: Browser, as_client: Browser, as_other: Browser, desk_user: User, member: Client
) -> None:
    visit = of(member)
    issuing.issue_receipt(actor=desk_user, visit=visit)
    panel = reverse("billing:panel", args=[visit.appointment_id])
    assert "Issue a superbill" in as_desk.get(panel).text
    assert "asks for the modifiers GP" in as_desk.get(panel).text

    answer = as_desk.post(reverse("billing:issue-superbill", args=[visit.pk]), follow=True)

    made = BillingDocument.objects.get(kind=Kind.SUPERBILL)
    assert f"Superbill {made.number} issued." in answer.text
    tasks.render_document.run(str(made.pk))
    page = reverse("billing:receipt", args=[made.pk])
    assert made.title in as_client.get(page).text
    assert as_other.get(page).status_code == 404
    download = as_client.get(reverse("billing:download", args=[made.pk]))
    assert download["Content-Type"] == "application/pdf"
    assert f"superbill-{made.number}" in download["Content-Disposition"]


def test_the_panel_links_what_it_lacks(as_desk: Browser, desk_user: User, member: Client) -> None:
    visit = of(member)
    issuing.issue_receipt(actor=desk_user, visit=visit)
    panel = reverse("billing:panel", args=[visit.appointment_id])
    assert "Before it can be issued" not in as_desk.get(panel).text
    Client.objects.update(address="")
    page = as_desk.get(panel).text
    assert f'<a href="{reverse("client-details", args=[member.pk])}">The patient' in page


def test_a_member_number_stands_in_no_open_column(desk_user: User, member: Client) -> None:
    made = issue(desk_user, of(member))
    assert made.private == {"member_number": "HPX 448 201 77", "account_holder": ""}
    assert "HPX" not in str(BillingDocument.objects.values_list("snapshot").get())


def a_day_before(visit: Visit) -> date:
    return visit.appointment.local_date - timedelta(days=1)


def test_a_code_that_was_not_valid_on_the_date_of_service_is_refused_with_what_to_send(
    desk_user: User, member: Client
) -> None:
    visit = of(member)
    code = DiagnosisCode.objects.filter(code="M54.2")
    code.update(billable=False, valid_through=a_day_before(visit))
    with pytest.raises(SuperbillIncomplete) as refused:
        issue(desk_user, Visit.objects.get(pk=visit.pk))
    said = str(refused.value)
    assert "a diagnosis code that is valid on the date of service" in said
    assert "Send this to the prescriber: “The code M54.2 on your order of" in said
    assert f"through {us_date(a_day_before(visit))}, and the visit was on" in said
    assert not BillingDocument.objects.exists()
    assert issuing.issue_receipt(actor=desk_user, visit=visit).kind == Kind.RECEIPT


def test_a_code_counts_through_its_last_day_and_from_its_first(
    desk_user: User, member: Client
) -> None:
    visit = of(member)
    on = visit.appointment.local_date
    code = DiagnosisCode.objects.filter(code="M54.2")
    code.update(billable=False, valid_from=on, valid_through=on)
    assert issue(desk_user, Visit.objects.get(pk=visit.pk)).kind == Kind.SUPERBILL
    code.update(billable=True, valid_from=on + timedelta(days=1), valid_through=None)
    (ask,) = superbills.not_valid(visit.appointment.reservation.prescription, on)  # type: ignore[union-attr]
    assert "is valid in ICD-10-CM from" in ask


def test_the_desk_sees_beforehand_what_to_send(as_desk: Browser, member: Client) -> None:
    visit = of(member)
    paid(User.objects.get(role="front_desk"), visit)
    issuing.issue_receipt(actor=User.objects.get(role="front_desk"), visit=visit)
    panel = reverse("billing:panel", args=[visit.appointment_id])
    assert "Send this to the prescriber" not in as_desk.get(panel).text
    DiagnosisCode.objects.update(billable=False, valid_through=a_day_before(visit))
    shown = as_desk.get(panel).text
    assert "A diagnosis code that is valid on the date of service" in shown
    assert "Send this to the prescriber: “The code M54.2" in shown
    answer = as_desk.post(reverse("billing:issue-superbill", args=[visit.pk]), follow=True)
    assert "Send this to the prescriber: “The code M54.2" in answer.text
    assert not BillingDocument.objects.filter(kind=Kind.SUPERBILL).exists()
