"""The demo clinic is coherent: it was lived through the real services, and its books agree."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import call_command
from django.db.models import Count, F, Sum
from django.test import Client as Browser
from django.utils import timezone

from billing.models import BillingDocument, DrawerCount, Kind, Payment, Refund
from billing.owed import aging
from booking.models import Appointment, AppointmentStatus, WaitlistEntry
from clinic import body
from clinic.models import AuditEvent, Client, Guardian, Message
from clinic.selectors import clinic_today
from demo import people
from demo.places import PASSWORD
from prescriptions import authorization
from prescriptions.authorization import State
from prescriptions.models import (
    DiagnosisCode,
    PrescribedRegion,
    Prescription,
    VisitReservation,
)
from treatment.models import Visit

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

LOGINS = ["client", "client2", "desk", "therapist", "manager"]


def seed() -> str:
    said = StringIO()
    call_command("seed_demo", stdout=said)
    return said.getvalue()


@pytest.fixture
def demo(settings: Settings) -> None:
    settings.DEMO = True
    orders = [person.order for person in [people.ANA, people.OMAR, *people.OTHERS] if person.order]
    codes = {code for order in [*orders, people.EARLIER] for code in order.codes}
    DiagnosisCode.objects.bulk_create(
        DiagnosisCode(code=code, description=code, billable=True, release="test") for code in codes
    )
    seed()


@pytest.mark.usefixtures("demo")
def test_the_books_of_the_demo_agree() -> None:
    # Each ledger is the sum of its entries, and each entry has its visit.
    for order in Prescription.objects.all():
        entries = Counter(order.reservations.values_list("status", flat=True))
        assert order.used == entries[VisitReservation.Status.USED]
        assert order.reserved == entries[VisitReservation.Status.RESERVED]
        assert order.used + order.reserved <= order.authorized
    used = VisitReservation.objects.filter(status=VisitReservation.Status.USED)
    assert used.exists()
    done = AppointmentStatus.FULFILLED
    assert not used.exclude(appointment__status=done).exists()
    assert not used.exclude(appointment__visit__status=Visit.Status.FINISHED).exists()

    # Receipts are numbered without a gap, in the order of their issue, and agree with the money.
    # Two sessions may end, and be paid, at the very same minute.
    of_kind = BillingDocument.objects.filter(kind="receipt")
    receipts = list(of_kind.order_by("issued_at", "serial"))
    assert len(receipts) >= 30
    for year, count in of_kind.values_list("year").annotate(Count("id")):
        serials = [receipt.serial for receipt in receipts if receipt.year == year]
        assert serials == list(range(1, count + 1))
    for receipt in receipts:
        lines = receipt.lines.aggregate(cents=Sum("net_cents"))["cents"]
        assert receipt.net_cents == lines
        if receipt.status == BillingDocument.Status.ISSUED:
            paid = Payment.objects.filter(visit=receipt.visit)
            assert receipt.paid_cents == sum(one.kept_cents for one in paid)
    theirs = BillingDocument.objects.filter(client__user__email="client@example.test")
    assert set(theirs.values_list("kind", flat=True)) == set(Kind.values)
    assert Payment.everything.filter(voided_at__isnull=False, replaced_by__isnull=False).exists()
    assert Refund.objects.get().method in Payment.PLAN_CARDS
    assert DrawerCount.objects.get().difference_cents == -100
    assert aging.read(clinic_today())

    # One to review keeps a visit waiting, and orders name places of the body.
    to_review = Prescription.objects.to_review()
    assert to_review.filter(needed_on__gte=clinic_today()).exists()
    named = set(PrescribedRegion.objects.values_list("place", flat=True))
    assert named
    assert named <= set(body.places_by_key())

    # Every review state is there, people share logins, and nothing waits to be mailed.
    today = clinic_today()
    states = {authorization.state(order, today) for order in Prescription.objects.all()}
    assert states == set(State)
    assert Guardian.objects.get().user.own_clients.exists()
    waiting = Message.objects.filter(status=Message.Status.QUEUED)
    assert set(waiting.values_list("channel", flat=True)) == {Message.Channel.CALL}
    ahead = Appointment.objects.filter(starts_at__gt=timezone.now())
    assert ahead.filter(status=AppointmentStatus.BOOKED).count() >= 20
    past = Appointment.objects.filter(starts_at__lt=timezone.now())
    assert not past.filter(status=AppointmentStatus.BOOKED, ends_at__lt=timezone.now()).exists()
    assert WaitlistEntry.objects.filter(status=WaitlistEntry.Status.WAITING).count() == 2
    # Written when it happened, not when it was loaded.
    first = AuditEvent.objects.filter(action="receipt.issued").earliest("at")
    assert first.at < timezone.now() - timedelta(days=14)
    assert not BillingDocument.objects.filter(issued_at__lt=F("visit__stopped_at")).exists()

    for name in LOGINS:
        assert Browser().login(email=f"{name}@example.test", password=PASSWORD), name

    # A database in use is left alone.
    before = Client.objects.count()
    assert "in use" in seed()
    assert Client.objects.count() == before
