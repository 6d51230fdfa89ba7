"""A drawer's cash is counted once a day, and a count never changes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from billing.closing import cash, services
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.errors import AlreadyCounted, DayNotOver, SayWhyItDiffers
from billing.models import Drawer, DrawerCount
from tests.billing.factories import form_for, paid, plain_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Location, User
    from treatment.models import Visit

PAGE = "/desk/money/close/"


@pytest.fixture
def drawer(location: Location) -> Drawer:
    return Drawer.objects.of(location)


def close(actor: User, drawer: Drawer, counted: int, **more: object) -> DrawerCount:
    given_: dict[str, object] = {
        "day": timezone.localdate(timezone=drawer.location.zone),
        "opening_cents": 20000,
        "form_token": uuid4(),
        **more,
    }
    return services.close(actor=actor, drawer=drawer, counted_cents=counted, **given_)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pieces", "cents"),
    [({}, 0), ({10000: 0}, 0), ({10000: 2, 2000: 1, 25: 3, 1: 4}, 22079), ({5: 99}, 495)],
)
def test_pieces_come_to_what_they_are_worth(pieces: dict[int, int], cents: int) -> None:
    assert cash.worth(pieces) == cents


def test_the_first_drawer_is_made_once(location: Location) -> None:
    assert Drawer.objects.of(location) == Drawer.objects.of(location) == Drawer.objects.get()


def test_cash_that_came_and_went_is_expected_and_nothing_else(
    desk_user: User, drawer: Drawer, visit: Visit, client_record: Client
) -> None:
    cash_payment = paid(desk_user, visit, 10000, "cash")
    paid(desk_user, plain_visit(client_record, 5), 10000, "card")
    refunds.refund(
        actor=desk_user,
        payment=cash_payment,
        amount_cents=2500,
        method="cash",
        reason="x",
        owed_again=True,
        form=form_for(cash_payment),
    )
    made = close(desk_user, drawer, 27500)
    assert (made.cash_in_cents, made.cash_out_cents, made.expected_cents) == (10000, 2500, 27500)
    assert (made.difference_cents, made.totals["card"]) == (0, 10000)


def test_a_difference_needs_a_reason(desk_user: User, drawer: Drawer) -> None:
    with pytest.raises(SayWhyItDiffers, match=r"\$10\.00 short"):
        close(desk_user, drawer, 19000)
    with pytest.raises(SayWhyItDiffers, match=r"\$0\.01 too much"):
        close(desk_user, drawer, 20001)
    assert close(desk_user, drawer, 19000, reason="Wrong change").difference_cents == -1000
    with pytest.raises(IntegrityError), transaction.atomic():
        DrawerCount.objects.create(
            drawer=drawer,
            day="2020-01-01",
            opening_cents=0,
            cash_in_cents=0,
            cash_out_cents=0,
            expected_cents=0,
            counted_cents=1,
            difference_cents=1,
            counted_by=desk_user,
            counted_at=timezone.now(),
            form_token=uuid4(),
        )


def test_twice_is_once_and_the_second_desk_is_told(desk_user: User, drawer: Drawer) -> None:
    token = uuid4()
    first = close(desk_user, drawer, 20000, form_token=token)
    assert close(desk_user, drawer, 20000, form_token=token) == first
    with pytest.raises(AlreadyCounted):
        close(desk_user, drawer, 20000)
    again = close(desk_user, drawer, 21000, replaces=first.pk, reason="Miscounted")
    with pytest.raises(AlreadyCounted):
        close(desk_user, drawer, 22000, replaces=first.pk, reason="x")
    day = first.day
    assert services.counts(drawer, day) == [again, first]
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        DrawerCount.objects.update(counted_cents=1)


def test_a_day_that_is_still_to_come_is_not_closed(desk_user: User, drawer: Drawer) -> None:
    tomorrow = timezone.localdate(timezone=drawer.location.zone) + timedelta(days=1)
    with pytest.raises(DayNotOver):
        close(desk_user, drawer, 20000, day=tomorrow)


def typed(**fields: object) -> dict[str, object]:
    return {"opening": "200", "counted": "300", "form_token": uuid4(), **fields}


def test_the_desk_closes_the_day_piece_by_piece(
    as_desk: Browser, desk_user: User, visit: Visit
) -> None:
    paid(desk_user, visit, 10000, "cash")
    page = as_desk.get(PAGE)
    assert "Cash taken" in page.text
    wrong = as_desk.post(PAGE, typed(counted="299", piece_10000="3"))
    assert wrong.status_code == 422
    assert "come to $300.00" in wrong.text
    short = as_desk.post(PAGE, typed(counted="", piece_10000="2", piece_5000="1"))
    assert short.status_code == 422
    assert "$50.00 short" in short.text
    assert 'value="2"' in short.text
    nothing = as_desk.post(PAGE, typed(counted=""))
    assert "Count the cash" in nothing.text
    done = as_desk.post(PAGE, typed(counted="", piece_10000="3"), follow=True)
    assert "The cash is right." in done.text
    assert DrawerCount.objects.get().pieces == {"10000": 3}
    second = as_desk.post(PAGE, typed())
    assert second.status_code == 422
    assert "already counted this drawer" in second.text
    standing = second.context["replaces"]
    assert as_desk.post(PAGE, typed(replaces=standing)).status_code == 302
    assert "Replaced" in as_desk.get(PAGE).text


def test_what_changes_after_the_count_is_shown_and_the_count_stays(
    drawer: Drawer, as_desk: Browser, desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit, 10000, "cash")
    made = close(desk_user, drawer, 30000)
    correcting.change_method(
        actor=desk_user, payment=payment, method="card", form=form_for(payment)
    )
    page = as_desk.get(PAGE).text
    assert "$300.00 was expected then, $200.00 is expected now" in page
    made.refresh_from_db()
    assert made.expected_cents == 30000


def test_who_may_close_and_what_is_not_there(
    as_therapist: Browser, as_biller: Browser, drawer: Drawer
) -> None:
    assert as_therapist.get(PAGE).status_code == 403
    assert as_biller.get(PAGE).status_code == 200
    assert as_biller.get(PAGE, {"drawer": str(uuid4())}).status_code == 404
    assert as_biller.get(PAGE, {"drawer": "x"}).status_code == 404
    assert as_biller.get(PAGE, {"day": "2020-02-30"}).status_code == 200


def test_the_page_reads_in_constant_queries(
    as_desk: Browser,
    desk_user: User,
    visit: Visit,
    drawer: Drawer,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for cents in (100, 200, 300, 400):
        paid(desk_user, visit, cents, "cash")
    with django_assert_max_num_queries(14):
        as_desk.get(reverse("billing:close"))
