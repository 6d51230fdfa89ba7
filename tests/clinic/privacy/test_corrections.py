""" "Corrected" is true: the answer makes the change, or names the one that was made."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.audit import services as audit
from clinic.audit.words import WORDS
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, CorrectionRequest, Message
from clinic.people.details import services as details
from clinic.privacy import corrections, evidence
from clinic.web.form_page import version_of
from tests.editing import CHANGED

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User

pytestmark = pytest.mark.django_db
DESK, DATA = "/desk/corrections/", "/portal/my-data/"


@pytest.fixture
def lyma(client_record: Client, client_user: User) -> CorrectionRequest:
    """Ana asks to be called Lyma."""
    return corrections.ask_for_details(
        actor=client_user, client=client_record, text="A typo.", wanted={"last_name": "Lyma"}
    )


def asked(client: Client, about: str) -> CorrectionRequest:
    assert client.user is not None
    return corrections.ask_correction(actor=client.user, client=client, about=about, text="Wrong.")


def typed(made: CorrectionRequest, **fields: Any) -> dict[str, Any]:
    """The form of the page as it is opened now, with what was typed over it."""
    made.refresh_from_db()
    client = type(made.client).objects.get(pk=made.client_id)
    return {
        "version": version_of(made),
        "record": version_of(client),
        "first_name": "Ana",
        "last_name": "Lima",
        "legal_name": "",
        "birth_date": "04/12/1981",
        "phone": "(212) 555-0142",
        "address": "",
        "email": "ana@example.test",
        "answer": "",
        **fields,
    }


def details_of(made: CorrectionRequest) -> str:
    return reverse("correction-details", args=[made.pk])


# ---- The answer is the act ----


def test_the_desk_sees_both_corrects_it_and_the_client_is_told(
    as_desk: Browser,
    as_client: Browser,
    client_record: Client,
    lyma: CorrectionRequest,
    desk_user: User,
    location: Location,
) -> None:
    page = as_desk.get(reverse("correction", args=[lyma.pk])).text
    assert "In the record now" in page
    assert 'value="Lyma"' in page
    assert as_desk.post(details_of(lyma), typed(lyma, last_name="Lyma"))["Location"] == DESK
    client_record.refresh_from_db()
    lyma.refresh_from_db()
    assert client_record.last_name == "Lyma"
    assert (lyma.status, lyma.answer) == ("corrected", "Corrected: name.")
    assert lyma.evidence is not None
    change = AuditEvent.objects.get(pk=lyma.evidence)
    assert change.detail["changes"] == {"last_name": {"before": "Lima", "after": "Lyma"}}
    assert change.actor == desk_user
    assert "Corrected: name." in as_client.get(DATA).text
    told = set(Message.objects.values_list("kind", flat=True))
    assert told == {"details", "news"}
    assert (
        "By this change: Changed the client"
        in as_desk.get(reverse("correction", args=[lyma.pk])).text
    )


def test_corrected_with_nothing_changed_is_refused(
    as_desk: Browser, lyma: CorrectionRequest, desk_user: User, location: Location
) -> None:
    page = as_desk.post(details_of(lyma), typed(lyma, answer="It is right now."))
    assert page.status_code == 422
    assert "Nothing is different yet" in page.text
    assert "It is right now." in page.text
    with pytest.raises(corrections.NothingChanged):
        corrections.say_corrected(actor=desk_user, correction=lyma, change=None, answer="Yes.")
    lyma.refresh_from_db()
    assert (lyma.status, Message.objects.count()) == ("open", 0)


def test_the_database_knows_no_correction_without_a_change_and_no_denial_without_a_ground(
    lyma: CorrectionRequest, desk_user: User
) -> None:
    answered = {"answer": "x", "answered_by": desk_user, "answered_at": timezone.now()}
    wrong: list[dict[str, Any]] = [
        {"status": "corrected"},
        {"status": "kept"},
        {"status": "kept", "ground": "accurate", "disagreement": "x"},
        {"status": "corrected", "evidence": 1, "disagreement": "x", "disagreed_at": timezone.now()},
    ]
    for marks in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            CorrectionRequest.objects.update(**answered, **marks)


def test_if_the_answer_fails_the_change_is_not_made_either(
    lyma: CorrectionRequest, client_record: Client, desk_user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("clinic.privacy.news.tell", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        corrections.correct_details(actor=desk_user, correction=lyma, last_name="Lyma")
    client_record.refresh_from_db()
    lyma.refresh_from_db()
    assert (client_record.last_name, lyma.status) == ("Lima", "open")


def test_two_who_correct_at_once(
    as_desk: Browser, as_manager: Browser, lyma: CorrectionRequest, location: Location
) -> None:
    page = typed(lyma, last_name="Lyma")
    assert as_desk.post(details_of(lyma), page)["Location"] == DESK
    second = as_manager.post(details_of(lyma), page | {"last_name": "Lymar"})
    assert second.status_code == 422
    assert CHANGED in second.text
    lyma.client.refresh_from_db()
    assert lyma.client.last_name == "Lyma"


def test_a_detail_changed_elsewhere_since_is_not_put_back_unseen(
    as_desk: Browser, lyma: CorrectionRequest, client_user: User, location: Location
) -> None:
    page = typed(lyma, last_name="Lyma")
    details.change_details(actor=client_user, client=lyma.client, phone="+18455550177")
    answer = as_desk.post(details_of(lyma), page)
    assert answer.status_code == 422
    assert CHANGED in answer.text
    lyma.client.refresh_from_db()
    assert (lyma.client.last_name, lyma.client.phone.as_e164) == ("Lima", "+18455550177")


def test_an_address_nobody_proved_is_not_written_to(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    made = asked(client_record, "contact")
    page = as_desk.post(details_of(made), typed(made, email="evil@example.test"))
    assert page.status_code == 422
    assert "First see the person" in page.text
    new = typed(made, email="ana@new.test", seen="on")
    assert as_desk.post(details_of(made), new)["Location"] == DESK
    client_record.refresh_from_db()
    assert client_record.email == "ana@new.test"


def test_only_details_of_the_person_are_corrected_with_the_answer(
    as_desk: Browser, client_record: Client, location: Location
) -> None:
    made = asked(client_record, "visit")
    assert as_desk.get(details_of(made)).status_code == 404
    assert as_desk.post(details_of(made), typed(made, last_name="X")).status_code == 404


# ---- The rest names its change ----


def test_what_cannot_be_corrected_by_a_field_names_what_was_changed_since(
    as_desk: Browser, client_record: Client, desk_user: User, location: Location
) -> None:
    audit.record(desk_user, "visit.corrected", client_record)  # before they asked
    made = asked(client_record, "visit")
    path, done = (reverse(name, args=[made.pk]) for name in ("correction", "correction-done"))
    assert "Nothing that could be it was changed" in as_desk.get(path).text
    early = AuditEvent.objects.get(action="visit.corrected").pk
    seen = {"version": version_of(made), "done-answer": "Done."}
    assert as_desk.post(done, seen | {"done-change": early}).status_code == 422
    audit.record(desk_user, "visit.viewed", client_record)
    audit.record(desk_user, "visit.corrected", client_record)
    change = AuditEvent.objects.filter(action="visit.corrected").latest("pk")
    assert "Corrected a recorded session" in as_desk.get(path).text
    page = as_desk.post(done, seen | {"done-change": change.pk, "done-answer": ""})
    assert page.status_code == 422
    assert as_desk.post(done, seen | {"done-change": change.pk})["Location"] == DESK
    made.refresh_from_db()
    assert (made.status, made.evidence) == ("corrected", change.pk)


def test_anothers_change_is_no_evidence(
    client_record: Client, other_client: Client, desk_user: User
) -> None:
    made = asked(client_record, "receipt")
    audit.record(desk_user, "receipt.voided", other_client)
    audit.record(desk_user, "intake.signed", client_record)
    for event in AuditEvent.objects.all():
        with pytest.raises(corrections.NothingChanged):
            corrections.say_corrected(
                actor=desk_user, correction=made, change=event.pk, answer="Yes."
            )


def test_what_counts_as_a_change_is_an_action_there_is_and_no_look() -> None:
    assert set(evidence.ACTIONS) == set(CorrectionRequest.About)
    for action in evidence.ACTIONS[CorrectionRequest.About.OTHER]:
        assert action in WORDS
        assert not action.endswith((".viewed", ".listed", ".downloaded", ".asked"))


# ---- Denied ----


def test_a_denial_names_its_ground_and_the_client_may_disagree_once(
    as_desk: Browser, as_client: Browser, lyma: CorrectionRequest, location: Location
) -> None:
    path = reverse("correction", args=[lyma.pk])
    reason = {"keep-ground": "accurate", "keep-answer": "Your passport says Lima."}
    lyma.refresh_from_db()
    assert as_desk.post(path, reason | {"version": version_of(lyma)})["Location"] == DESK
    page = as_client.get(DATA).text
    for words in ("Your passport says Lima.", "It is accurate and complete", "hhs.gov/ocr"):
        assert words in page
    lyma.refresh_from_db()
    mine = reverse("disagree", args=[lyma.pk])
    assert mine in page
    said = {"statement": "It is an old one.", "version": version_of(lyma)}
    assert as_client.post(mine, said)["Location"] == DATA
    assert as_client.post(mine, said).status_code == 422
    assert "It is an old one." in as_client.get(DATA).text
    assert "It is an old one." in as_desk.get(path).text
    assert "old one" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_nobody_disagrees_with_what_was_not_denied_nor_for_another(
    as_client: Browser,
    as_other: Browser,
    lyma: CorrectionRequest,
    client_user: User,
    location: Location,
) -> None:
    mine = reverse("disagree", args=[lyma.pk])
    assert as_other.get(mine).status_code == 404
    assert "once we have answered" not in as_client.get(mine).text
    with pytest.raises(InvalidTransition):
        corrections.disagree(actor=client_user, correction=lyma, statement="No.")


def test_the_sixty_days_are_shown_and_red_once_over(
    as_desk: Browser, lyma: CorrectionRequest, location: Location
) -> None:
    path = reverse("correction", args=[lyma.pk])
    assert "To be answered by" in as_desk.get(path).text
    old = timezone.now() - timedelta(days=61)
    CorrectionRequest.objects.update(created_at=old)
    assert "Late: the law wants an answer by" in as_desk.get(path).text
    assert "More than 60 days old" in as_desk.get(DESK).text
