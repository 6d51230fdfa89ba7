"""A second person for claims: two read the paper, and only both together approve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, Message, Payer
from prescriptions.errors import SecondPersonNeeded
from prescriptions.models import Prescription, ReviewPolicy
from prescriptions.reviewing import selectors, services
from tests.editing import CHANGED, open_and_save, version_on
from tests.prescriptions import paper
from tests.prescriptions.factories import make_elements
from tests.prescriptions.reviewing.test_desk import at
from tests.prescriptions.reviewing.test_desk import typed as form
from tests.prescriptions.sending import answered

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User

POLICY = reverse("prescriptions:policy")
QUEUE = reverse("prescriptions:queue")
CLAIMS = ["auto_no_fault", "workers_comp", "va"]


def typed(**fields: str) -> dict[str, Any]:
    """What a reviewer of a claim sends: the payer has authorised it."""
    return form(is_authorized="on", **fields)


@pytest.fixture
def rule(location: Location) -> ReviewPolicy:
    return ReviewPolicy.objects.create(location=location, second_person_for_claims=True)


def paid_by(client: Client, kind: str) -> None:
    client.payer = Payer.objects.create(name=f"Payer {kind}", kind=kind)
    client.save(update_fields=["payer"])


@pytest.fixture
def claim(submitted: Prescription, client_record: Client) -> Prescription:
    paid_by(client_record, "auto_no_fault")
    return submitted


def approve(actor: User, prescription: Prescription, **fields: Any) -> Prescription:
    as_second = fields.pop("as_second", False)
    return services.approve(
        actor=actor,
        prescription=prescription,
        elements=make_elements(**fields),
        as_second=as_second,
    )


@pytest.mark.parametrize("kind", CLAIMS)
def test_the_first_approval_of_a_claim_is_kept_and_approves_nothing(
    submitted: Prescription, client_record: Client, desk_user: User, rule: ReviewPolicy, kind: str
) -> None:
    paid_by(client_record, kind)
    services.claim(actor=desk_user, prescription=submitted)
    checked = approve(desk_user, submitted)
    checked.refresh_from_db()
    assert (checked.status, checked.authorized) == ("submitted", 0)
    assert (checked.first_reviewer, checked.claimed_by) == (desk_user, None)
    assert checked.first_reading is not None
    assert checked.first_reading["visits"] == 12
    assert [made.decision for made in checked.decisions.all()] == ["checked"]
    assert not Message.objects.exists()  # nothing is decided, so nobody is told
    assert AuditEvent.objects.filter(action="prescription.checked").exists()


@pytest.mark.parametrize("kind", sorted(set(Payer.Kind.values) - set(CLAIMS)))
def test_one_person_is_enough_where_no_claim_is_billed(
    submitted: Prescription, client_record: Client, desk_user: User, rule: ReviewPolicy, kind: str
) -> None:
    paid_by(client_record, kind)
    assert approve(desk_user, submitted).status == "approved"


def test_one_person_is_enough_as_long_as_the_rule_is_off(
    claim: Prescription, desk_user: User
) -> None:
    assert approve(desk_user, claim).status == "approved"


def test_the_first_cannot_be_the_second(
    claim: Prescription, desk_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    for as_second in (False, True):
        with pytest.raises(SecondPersonNeeded):
            approve(desk_user, claim, as_second=as_second)
    claim.refresh_from_db()
    assert claim.status == "submitted"
    assert claim.decisions.count() == 1


def test_the_second_agrees_and_what_they_changed_is_noted(
    claim: Prescription, desk_user: User, manager_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    done = approve(manager_user, claim, visits=10, as_second=True)
    assert (done.status, done.authorized, done.first_reviewer) == ("approved", 10, desk_user)
    first, second = done.decisions.all()
    assert (first.decision, first.reviewer) == ("checked", desk_user)
    assert (second.decision, second.reviewer) == ("approved", manager_user)
    assert second.note == "Read differently: Visits."
    assert Message.objects.count() == 1


def test_who_agrees_to_everything_changes_nothing(
    claim: Prescription, desk_user: User, manager_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    done = approve(manager_user, claim, as_second=True)
    assert done.decisions.last().note == ""  # type: ignore[union-attr]


def test_two_firsts_at_once_are_not_two_who_agree(
    claim: Prescription, desk_user: User, manager_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    with pytest.raises(InvalidTransition):  # the form was opened before the colleague checked it
        approve(manager_user, claim)
    claim.refresh_from_db()
    assert claim.status == "submitted"


@pytest.mark.parametrize("act", [services.ask_for_information, services.reject])
@pytest.mark.parametrize("who", ["desk_user", "manager_user"])
def test_either_of_the_two_may_ask_or_reject(
    request: pytest.FixtureRequest,
    claim: Prescription,
    desk_user: User,
    rule: ReviewPolicy,
    act: Any,
    who: str,
) -> None:
    approve(desk_user, claim)
    act(actor=request.getfixturevalue(who), prescription=claim, reason="not_signed")
    claim.refresh_from_db()
    assert claim.status in {"needs_information", "rejected"}
    assert claim.decisions.count() == 2


def test_a_better_copy_is_read_by_two_again(
    claim: Prescription, desk_user: User, manager_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    services.ask_for_information(actor=manager_user, prescription=claim, reason="illegible")
    claim.refresh_from_db()
    answered(claim, paper.photo())
    assert (claim.first_reviewer, claim.first_reading) == (None, None)
    assert approve(desk_user, claim).status == "submitted"


def test_turning_the_rule_off_lets_one_person_finish(
    claim: Prescription, desk_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    ReviewPolicy.objects.update(second_person_for_claims=False)
    assert approve(desk_user, claim, as_second=True).status == "approved"


def test_the_pages_lead_the_two_through_it(
    as_desk: Browser, as_manager: Browser, claim: Prescription, rule: ReviewPolicy
) -> None:
    answer = as_desk.post(at("review", claim), typed(regions="back-neck-middle"))
    assert answer["Location"] == QUEUE  # nothing else that this person could decide
    assert "needs a second person" in as_desk.get(QUEUE).text

    mine = as_desk.get(at("review", claim)).text
    assert "You have checked this one" in mine
    assert "Approve and open next" not in mine
    refused = as_desk.post(at("review", claim), typed(as_second="yes"))
    assert refused.status_code == 422
    assert "a second person must agree" in refused.text
    as_desk.post(at("put-back", claim))

    theirs = as_manager.get(at("review", claim)).text
    assert "The form shows what June Ortiz read" in theirs
    assert 'value="Neck pain after long desk work"' in theirs
    assert 'value="M54.2"' in theirs
    assert 'value="back-neck-middle"' in theirs
    assert "Differs from" not in theirs
    # The checks are everybody's own.
    assert 'id="id_is_signed" checked' not in theirs
    live = as_manager.post(at("checklist", claim), typed(visits="10", regions="back-neck-middle"))
    assert "Differs from what June Ortiz read: Visits." in live.text
    as_manager.post(at("review", claim), typed(visits="10", as_second="yes"))
    claim.refresh_from_db()
    assert (claim.status, claim.authorized) == ("approved", 10)
    record = as_desk.get(at("review", claim)).text
    assert "Checked, a second person must agree" in record
    assert "Read differently: Visits, Treatment area." in record


def test_a_page_from_before_the_first_check_is_led_to_the_reading(
    as_manager: Browser, claim: Prescription, desk_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    late = as_manager.post(at("review", claim), typed(), follow=True)
    assert "already changed this" in late.text
    assert "The form shows what June Ortiz read" in late.text


def test_what_one_person_has_checked_is_not_offered_to_them_next(
    claim: Prescription, desk_user: User, manager_user: User, rule: ReviewPolicy
) -> None:
    approve(desk_user, claim)
    assert selectors.next_to_review(desk_user) is None
    assert selectors.next_to_review(manager_user) == claim


def test_the_manager_sees_what_the_rule_means_and_sets_it(
    as_manager: Browser, claim: Prescription, manager_user: User, location: Location
) -> None:
    page = as_manager.get(POLICY).text
    assert "1 prescription in the queue would need two people" in page
    assert "No one could be the second person" in page
    assert as_manager.post(POLICY, {"needed": "on", "request_days": 7})["Location"] == QUEUE
    assert ReviewPolicy.objects.get(location=location).second_person_for_claims
    assert "checked" in as_manager.get(POLICY).text
    assert as_manager.post(POLICY, {"request_days": 0}).status_code == 422
    open_and_save(as_manager, POLICY, {"request_days": 7})
    assert ReviewPolicy.objects.get().request_days == 7
    assert not ReviewPolicy.objects.get().second_person_for_claims
    changes = AuditEvent.objects.filter(action="review_policy.changed", actor=manager_user)
    assert changes.count() == 2


def test_of_two_who_set_the_rule_the_second_is_told(
    as_manager: Browser, manager_user: User, location: Location
) -> None:
    before = version_on(as_manager.get(POLICY).text)  # nothing is stored yet
    assert as_manager.post(POLICY, {"request_days": 9, "version": before}).status_code == 302

    answer = as_manager.post(POLICY, {"needed": "on", "request_days": 3, "version": before})

    assert (answer.status_code, CHANGED in answer.text) == (422, True)
    kept = ReviewPolicy.objects.get(location=location)
    assert (kept.request_days, kept.second_person_for_claims) == (9, False)
    shown = version_on(answer.text)
    assert as_manager.post(POLICY, {"request_days": 3, "version": shown}).status_code == 302


def test_only_a_manager_sets_the_rule(
    as_desk: Browser, as_therapist: Browser, as_client: Browser, location: Location
) -> None:
    assert as_desk.post(POLICY, {"needed": "on"}).status_code == 403
    assert as_therapist.post(POLICY, {"needed": "on"}).status_code == 403
    assert as_client.post(POLICY, {"needed": "on"}).status_code == 404
    assert not ReviewPolicy.objects.exists()
    assert POLICY not in as_desk.get(QUEUE).text
