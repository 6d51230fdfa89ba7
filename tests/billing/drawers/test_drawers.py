"""Several drawers: a manager's changes, and cash that goes into the one that was chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from billing import services
from billing.closing import cash
from billing.closing import services as closing
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.drawers import services as drawers
from billing.errors import CountFirst, DrawerNameTaken, LastDrawer
from billing.models import Drawer, DrawerCount, Payment, Refund
from clinic.models import AuditEvent
from tests.billing.factories import form_for, missed_visit, paid, plain_visit

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User
    from treatment.models import Visit

LIST = "/desk/money/drawers/"
CLOSE = "/desk/money/close/"


@pytest.fixture
def front(location: Location) -> Drawer:
    return Drawer.objects.of(location)


@pytest.fixture
def back(manager_user: User, front: Drawer) -> Drawer:
    return drawers.add(actor=manager_user, location=front.location, name="Back office")


def take(visit: Visit, actor: User, drawer: Drawer | None) -> Payment:
    return services.take_payment(
        actor=actor,
        visit=visit,
        method="cash",
        amount_cents=4000,
        form_token=uuid4(),
        drawer=drawer,
    )


def count(actor: User, drawer: Drawer, cents: int) -> DrawerCount:
    return closing.close(
        actor=actor,
        drawer=drawer,
        day=timezone.localdate(timezone=drawer.location.zone),
        opening_cents=0,
        counted_cents=cents,
        form_token=uuid4(),
    )


def test_a_manager_adds_a_drawer_renames_it_retires_it_and_takes_it_back(
    as_manager: Browser, front: Drawer
) -> None:
    assert "Front desk" in as_manager.get(LIST).text
    answer = as_manager.post(reverse("billing:drawer-new"), {"name": "Back office"})
    assert answer["Location"] == LIST
    made = Drawer.objects.get(name="Back office")
    assert made.location == front.location
    page = reverse("billing:drawer", args=[made.pk])
    version = as_manager.get(page).context["version"]
    as_manager.post(page, {"name": "Upstairs", "version": version})
    made.refresh_from_db()
    assert made.name == "Upstairs"
    as_manager.post(reverse("billing:drawer-retire", args=[made.pk]))
    assert list(Drawer.objects.in_use(front.location)) == [front]
    assert "Retired" in as_manager.get(LIST).text
    as_manager.post(reverse("billing:drawer-use-again", args=[made.pk]))
    assert made in Drawer.objects.in_use(front.location)
    said = AuditEvent.objects.filter(action__startswith="drawer.").order_by("pk")
    assert [one.action for one in said] == [
        *("drawer.added", "drawer.renamed", "drawer.retired", "drawer.used_again"),
    ]
    assert said[1].detail["changes"] == {"name": {"before": "Back office", "after": "Upstairs"}}


def test_a_drawer_is_added_before_any_cash_was_taken(
    manager_user: User, location: Location
) -> None:
    drawers.add(actor=manager_user, location=location, name="Back office")
    assert [one.name for one in Drawer.objects.in_use(location)] == ["Front desk", "Back office"]


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "Front desk"])
def test_a_name_that_cannot_be_is_refused_and_kept(
    as_manager: Browser, front: Drawer, name: str
) -> None:
    answer = as_manager.post(reverse("billing:drawer-new"), {"name": name})
    assert answer.status_code == 422
    assert f'value="{name}"' in answer.text or not name.strip()
    assert Drawer.objects.count() == 1


def test_of_two_who_rename_a_drawer_the_second_is_told(as_manager: Browser, back: Drawer) -> None:
    page = reverse("billing:drawer", args=[back.pk])
    version = as_manager.get(page).context["version"]
    as_manager.post(page, {"name": "Upstairs", "version": version})
    again = as_manager.post(page, {"name": "Cellar", "version": version})
    assert again.status_code == 422
    back.refresh_from_db()
    assert back.name == "Upstairs"


def test_a_retired_drawer_keeps_its_name(manager_user: User, back: Drawer) -> None:
    drawers.retire(actor=manager_user, drawer=back)
    with pytest.raises(DrawerNameTaken):
        drawers.add(actor=manager_user, location=back.location, name="Back office")


def test_the_last_drawer_is_not_retired(
    as_manager: Browser, manager_user: User, front: Drawer
) -> None:
    with pytest.raises(LastDrawer):
        drawers.retire(actor=manager_user, drawer=front)
    answer = as_manager.post(reverse("billing:drawer-retire", args=[front.pk]), follow=True)
    assert "Cash needs a drawer" in answer.text
    front.refresh_from_db()
    assert front.retired_at is None


def test_a_drawer_with_cash_is_counted_before_it_is_retired(
    manager_user: User, back: Drawer, visit: Visit
) -> None:
    payment = take(visit, manager_user, back)
    with pytest.raises(CountFirst):
        drawers.retire(actor=manager_user, drawer=back)
    count(manager_user, back, 4000)
    refunds.refund(
        actor=manager_user,
        payment=payment,
        amount_cents=1000,
        method="cash",
        reason="Too much",
        owed_again=True,
        form=form_for(payment),
        drawer=back,
    )
    with pytest.raises(CountFirst):
        drawers.retire(actor=manager_user, drawer=back)
    closing.close(
        actor=manager_user,
        drawer=back,
        day=timezone.localdate(timezone=back.location.zone),
        opening_cents=0,
        counted_cents=3000,
        form_token=uuid4(),
        replaces=DrawerCount.objects.get().pk,
    )
    drawers.retire(actor=manager_user, drawer=back)
    back.refresh_from_db()
    assert back.retired_at is not None


def test_only_a_manager_changes_drawers(desk_user: User, as_desk: Browser, back: Drawer) -> None:
    for work in (drawers.retire, drawers.use_again):
        with pytest.raises(PermissionDenied):
            work(actor=desk_user, drawer=back)
    with pytest.raises(PermissionDenied):
        drawers.rename(actor=desk_user, drawer=back, name="Mine")
    with pytest.raises(PermissionDenied):
        drawers.add(actor=desk_user, location=back.location, name="Mine")
    assert as_desk.get(LIST).status_code == 403
    assert LIST not in as_desk.get(CLOSE).text


def test_each_drawer_expects_its_own_cash(
    desk_user: User, front: Drawer, back: Drawer, visit: Visit, client_record: Client
) -> None:
    take(visit, desk_user, back)
    take(plain_visit(client_record, 5), desk_user, None)
    today = timezone.localdate(timezone=front.location.zone)
    assert cash.movement(back, today).in_cents == 4000
    assert cash.movement(front, today).in_cents == 4000
    assert count(desk_user, back, 4000).difference_cents == 0
    assert DrawerCount.objects.count() == 1


def test_with_one_drawer_nothing_is_asked(as_desk: Browser, front: Drawer, visit: Visit) -> None:
    panel = as_desk.get(reverse("billing:panel", args=[visit.appointment_id])).text
    assert "which drawer" not in panel


def test_the_desk_says_which_drawer_and_the_next_form_begins_with_it(
    as_desk: Browser, front: Drawer, back: Drawer, visit: Visit, client_record: Client
) -> None:
    page = reverse("billing:panel", args=[visit.appointment_id])
    assert as_desk.get(page).context["form"].fields["drawer"].choices[0][1] == "Front desk"
    typed = {"method": "cash", "amount": "40.00", "form_token": uuid4(), "drawer": back.pk}
    assert as_desk.post(reverse("billing:pay", args=[visit.pk]), typed).status_code == 302
    assert Payment.objects.get().drawer == back
    assert as_desk.get(page).context["form"].fields["drawer"].choices[0][1] == "Back office"
    assert as_desk.get(CLOSE).context["drawer"] == back


def test_a_card_lies_in_no_drawer_whatever_was_chosen(
    as_desk: Browser, back: Drawer, visit: Visit
) -> None:
    typed = {"method": "card", "amount": "40.00", "form_token": uuid4(), "drawer": back.pk}
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed)
    assert Payment.objects.get().drawer is None


def test_a_drawer_retired_meanwhile_is_refused_and_the_form_kept(
    as_desk: Browser, manager_user: User, front: Drawer, back: Drawer, visit: Visit
) -> None:
    drawers.add(actor=manager_user, location=front.location, name="Third")
    drawers.retire(actor=manager_user, drawer=back)
    typed = {"method": "cash", "amount": "40.00", "form_token": uuid4(), "drawer": back.pk}
    answer = as_desk.post(reverse("billing:pay", args=[visit.pk]), typed)
    assert answer.status_code == 422
    assert "That drawer is not in use" in answer.text
    assert 'value="40.00"' in answer.text
    assert not Payment.objects.exists()


def test_a_fee_in_cash_goes_into_the_drawer_that_was_chosen(
    as_desk: Browser, back: Drawer, client_record: Client
) -> None:
    missed = missed_visit(client_record)
    typed = {"method": "cash", "form_token": uuid4(), "drawer": back.pk}
    as_desk.post(reverse("billing:pay-fee", args=[missed.pk]), typed)
    assert Payment.objects.get().drawer == back


def test_cash_comes_back_out_of_the_drawer_it_is_in_unless_another_is_chosen(
    as_desk: Browser, desk_user: User, front: Drawer, back: Drawer, visit: Visit
) -> None:
    payment = take(visit, desk_user, back)
    page = reverse("billing:payment-refund", args=[payment.pk])
    shown = as_desk.get(page)
    assert shown.context["form"].fields["drawer"].choices[0][1] == "Back office"
    typed = {
        "amount": "10.00",
        "method": "cash",
        "owed_again": "yes",
        "reason": "Too much",
        "drawer": front.pk,
        "form_token": uuid4(),
        "version": shown.context["version"],
    }
    assert as_desk.post(page, typed).status_code == 302
    assert Refund.objects.get().drawer == front


def test_a_payment_that_was_cash_after_all_goes_into_the_drawer_that_was_chosen(
    as_desk: Browser, desk_user: User, back: Drawer, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    page = reverse("billing:payment-method", args=[payment.pk])
    typed = {
        "method": "cash",
        "drawer": back.pk,
        "form_token": uuid4(),
        "version": as_desk.get(page).context["version"],
    }
    assert as_desk.post(page, typed).status_code == 302
    assert Payment.objects.get().drawer == back


def test_cash_that_is_moved_to_another_visit_stays_in_its_drawer(
    desk_user: User, back: Drawer, visit: Visit, client_record: Client
) -> None:
    payment = take(visit, desk_user, back)
    made = correcting.move(
        actor=desk_user,
        payment=payment,
        to=correcting.Goal(visit=plain_visit(client_record, 5)),
        reason="Wrong visit",
        form=form_for(payment),
    )
    assert made.drawer == back


def test_closing_shows_every_drawer_and_whether_it_was_counted(
    as_desk: Browser, desk_user: User, manager_user: User, front: Drawer, back: Drawer
) -> None:
    count(desk_user, back, 0)
    page = as_desk.get(CLOSE, {"drawer": str(front.pk)})
    assert "Back office" in page.text
    assert "not counted" in page.text
    assert f"drawer={front.pk}" in page.text
    drawers.retire(actor=manager_user, drawer=back)
    assert "Back office" in as_desk.get(CLOSE).text  # it was counted that day
    day = (timezone.localdate() - timedelta(days=3)).isoformat()
    assert "Back office" not in as_desk.get(CLOSE, {"day": day}).text
    assert "Back office" in as_desk.get(CLOSE, {"day": day, "drawer": str(back.pk)}).text


def test_a_count_goes_to_the_drawer_that_the_page_showed(
    as_desk: Browser, desk_user: User, front: Drawer, back: Drawer, visit: Visit
) -> None:
    """Though cash was taken into another one on the same screen since."""
    page = as_desk.get(CLOSE)
    assert page.context["drawer"] == front
    action = f"?day={page.context['day'].isoformat()}&amp;drawer={front.pk}"
    assert f'action="{action}"' in page.text
    typed = {"method": "cash", "amount": "40.00", "form_token": uuid4(), "drawer": back.pk}
    as_desk.post(reverse("billing:pay", args=[visit.pk]), typed)
    count_form = {"opening": "0", "counted": "0", "form_token": uuid4()}
    as_desk.post(CLOSE + action.replace("&amp;", "&"), count_form)
    assert DrawerCount.objects.get().drawer == front
