from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from clinic import body
from clinic.models import AuditEvent, Client, Guardian, User
from intake import selectors, services
from intake.models import Consent, QuestionnaireResponse
from tests.conftest import browser_for
from tests.intake.factories import ANSWERS, answered_intake, completed_intake

if TYPE_CHECKING:
    from django.test import Client as Browser

pytestmark = pytest.mark.usefixtures("location", "questionnaire_row")

TODAY_OK: dict[str, Any] = {"emergency_signs": "none", "today": "none", "acute_injury": "no"}
SIGNATURE = {"agree_treatment": "on", "agree_privacy": "on", "name": "Ana Lima"}


def section_url(response: QuestionnaireResponse, section: str, name: str = "section") -> str:
    return reverse(f"intake:{name}", args=[response.pk, section])


def review_url(response: QuestionnaireResponse) -> str:
    return reverse("intake:review", args=[response.pk])


@pytest.fixture
def begun(client_record: Client, client_user: User) -> QuestionnaireResponse:
    return services.start(actor=client_user, client=client_record)


def test_the_whole_questionnaire_by_hand_without_a_script(
    as_client: Browser, client_record: Client
) -> None:
    page = as_client.post(reverse("intake:start"), follow=True)
    asked = []
    while page.resolver_match.url_name == "section":
        section = page.resolver_match.kwargs["section_id"]
        asked.append(section)
        page = as_client.post(page.request["PATH_INFO"], ANSWERS | {"go": "next"}, follow=True)
        assert page.status_code == 200, section
    assert page.resolver_match.url_name == "review"
    assert asked[0] == "today"
    assert len(asked) == 11

    page = as_client.post(page.request["PATH_INFO"], SIGNATURE, follow=True)

    assert "All done" in page.content.decode()
    assert selectors.readiness_for(client_record).light == "ok"


def test_the_first_page_says_what_awaits(as_client: Browser) -> None:
    page = as_client.get(reverse("intake:start")).content.decode()
    assert "eight minutes" in page
    assert "Not filled in yet" in page


def test_next_without_a_required_answer_says_so_and_keeps_the_rest(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    page = as_client.post(section_url(begun, "contact"), {"occupation": "Potter", "go": "next"})

    assert page.status_code == 422
    text = page.content.decode()
    assert "Potter" in text
    assert 'href="#id_emergency_name"' in text
    begun.refresh_from_db()
    assert begun.answers["occupation"] == "Potter"


def test_back_and_later_save_without_asking_for_more(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    back = as_client.post(section_url(begun, "contact"), {"occupation": "Potter", "go": "back"})
    assert back["Location"] == section_url(begun, "today")

    later = as_client.post(section_url(begun, "goals"), {"pain_now": "0", "go": "later"})
    assert later["Location"] == reverse("intake:start")

    begun.refresh_from_db()
    assert begun.answers == {"occupation": "Potter", "pain_now": 0}
    resumed = as_client.post(reverse("intake:start"))
    assert resumed["Location"] == section_url(begun, "goals")


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("health", "bp_systolic", "very high"),
        ("health", "bp_systolic", "900"),
        ("health", "blood_clot", "perhaps"),
        ("health", "conditions", ["none", "stroke"]),
        ("contact", "emergency_phone", "12"),
        ("goals", "pain_now", "11"),
        ("contact", "occupation", "x" * 201),
    ],
)
def test_an_answer_that_cannot_be_right_is_named_and_not_kept(
    as_client: Browser, begun: QuestionnaireResponse, section: str, field: str, value: Any
) -> None:
    page = as_client.post(section_url(begun, section), {field: value, "go": "back"})

    assert page.status_code == 422
    assert field in page.context["form"].errors
    begun.refresh_from_db()
    assert field not in begun.answers


def test_the_extension_of_an_emergency_contact_is_kept(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    url = section_url(begun, "contact")
    as_client.post(url, {"emergency_phone": "212-555-0143 x89", "go": "back"})
    begun.refresh_from_db()
    assert begun.answers["emergency_phone"] == "+12125550143;ext=89"
    assert 'value="(212) 555-0143 ext. 89"' in as_client.get(url).text


def test_surgeries_are_rows_of_what_and_when(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    url = section_url(begun, "injuries")
    rows = {"surgeries-0-what": "Knee", "surgeries-0-date": "2024-03-15"}
    data = {"surgery": "yes", "fracture": "no", "go": "next"}

    missing = as_client.post(url, data | {"surgeries-0-what": "Knee"})
    assert missing.status_code == 422
    assert 'value="Knee"' in missing.content.decode()
    bad = as_client.post(url, data | rows | {"surgeries-0-date": "last spring"})
    assert bad.status_code == 422
    assert as_client.post(url, data | rows).status_code == 302

    begun.refresh_from_db()
    assert begun.answers["surgeries"] == [{"what": "Knee", "date": "2024-03-15"}]
    assert 'value="2024-03-15"' in as_client.get(url).content.decode()


def test_every_change_is_saved_at_once(as_client: Browser, begun: QuestionnaireResponse) -> None:
    page = as_client.post(section_url(begun, "health", "autosave"), {"blood_clot": "no"})

    assert page.status_code == 200
    assert "Saved" in page.content.decode()
    begun.refresh_from_db()
    assert begun.answers == {"blood_clot": "no"}


def test_an_emergency_shows_911_at_once_and_stops(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    saved = as_client.post(
        section_url(begun, "today", "autosave"), {"emergency_signs": ["chest_pain"]}
    )
    stop = reverse("intake:emergency", args=[begun.pk])
    assert stop == f"/portal/intake/{begun.pk}/stop/", "a path stands in logs: it names no event"
    assert saved["HX-Redirect"] == stop

    page = as_client.get(stop).content.decode()
    assert "call 911" in page
    assert 'href="tel:911"' in page
    for other in (section_url(begun, "goals"), review_url(begun)):
        assert as_client.get(other)["Location"] == stop
    assert as_client.post(review_url(begun), SIGNATURE)["Location"] == stop
    event = AuditEvent.objects.get(action="intake.emergency_shown")
    assert event.detail == {}


def test_an_emergency_by_next_shows_911_too_and_can_be_corrected(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    url = section_url(begun, "today")
    page = as_client.post(url, TODAY_OK | {"emergency_signs": "stroke_signs", "go": "next"})
    assert page["Location"] == reverse("intake:emergency", args=[begun.pk])

    assert as_client.get(url).status_code == 200
    fixed = as_client.post(url, TODAY_OK | {"go": "next"})
    assert fixed["Location"] == section_url(begun, "contact")


def test_a_stop_says_call_us_and_still_lets_the_client_sign(
    as_client: Browser, client_record: Client
) -> None:
    response = answered_intake(client_record, today=["calf_swelling"])
    saved = as_client.post(
        section_url(response, "today", "autosave"), {**TODAY_OK, "today": "calf_swelling"}
    )
    assert "urgent medical care" in saved.content.decode()

    page = as_client.post(review_url(response), SIGNATURE, follow=True).content.decode()

    assert "Please call us before you come" in page
    assert "(845) 555-0100" in page
    assert selectors.readiness_for(client_record).light == "stop"


def test_the_review_names_what_is_missing_with_links(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    page = as_client.get(review_url(begun)).content.decode()

    assert f"{section_url(begun, 'health')}#div_id_blood_clot" in page
    assert 'name="name"' not in page, "nothing to sign yet"
    assert as_client.post(review_url(begun), SIGNATURE).status_code == 422
    begun.refresh_from_db()
    assert not begun.is_completed


@pytest.mark.parametrize("left_out", list(SIGNATURE))
def test_a_signature_without_a_part_is_refused_and_keeps_what_was_typed(
    as_client: Browser, client_record: Client, left_out: str
) -> None:
    response = answered_intake(client_record)
    data = {key: value for key, value in SIGNATURE.items() if key != left_out}

    page = as_client.post(review_url(response), data)

    assert page.status_code == 422
    assert left_out in page.context["form"].errors
    assert not Consent.objects.exists()


def test_signing_twice_signs_once(as_client: Browser, client_record: Client) -> None:
    response = answered_intake(client_record)
    first = as_client.post(review_url(response), SIGNATURE)
    second = as_client.post(review_url(response), SIGNATURE)

    assert first["Location"] == second["Location"]
    assert Consent.objects.count() == 2
    assert as_client.get(section_url(response, "goals"))["Location"] == first["Location"]
    late = as_client.post(section_url(response, "goals", "autosave"), {"pain_now": "9"})
    assert late["HX-Redirect"] == first["Location"]


def test_a_parent_signs_for_a_child(client_user: User) -> None:
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date=date(2015, 6, 1))
    Guardian.objects.create(user=client_user, client=child, relationship="parent")
    response = answered_intake(child)
    browser = browser_for(client_user)

    page = browser.get(review_url(response)).content.decode()
    assert "Leo is under 18" in page
    assert browser.post(review_url(response), SIGNATURE).status_code == 422
    as_child = SIGNATURE | {"relationship": "parent", "name": "Leo Lima"}
    refused = browser.post(review_url(response), as_child)
    assert refused.status_code == 422
    assert "Type your own name" in refused.text
    browser.post(review_url(response), SIGNATURE | {"relationship": "parent"})

    response.refresh_from_db()
    assert (response.is_completed, response.signed_relationship) == (True, "parent")


def test_the_body_map_works_as_a_plain_list(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    url = section_url(begun, "body")
    data = {
        "back-lower-back-middle": "on",
        "back-lower-back-middle-type": "burning",
        "back-lower-back-middle-strength": "0",
        "front-knee-left": "on",
        "front-hand-left-type": "sharp",  # not ticked
        "go": "next",
    }
    assert as_client.post(url, data).status_code == 302

    begun.refresh_from_db()
    assert set(selectors.marks_of(begun)) == {
        body.Mark("back-lower-back-middle", "burning", 0),
        body.Mark("front-knee-left", "ache", 5),
    }
    assert as_client.get(url).content.decode().count('aria-checked="true"') == 2
    as_client.post(url, {"go": "back"})
    begun.refresh_from_db()
    assert begun.marks == []


def test_the_signed_page_shows_what_was_signed(as_client: Browser, client_record: Client) -> None:
    response = completed_intake(client_record, allergies="yes", allergies_what="hazelnut oil")

    page = as_client.get(reverse("intake:signed", args=[response.pk])).content.decode()

    assert "hazelnut oil" in page
    assert "Signed by Ana Lima" in page
    assert AuditEvent.objects.filter(action="questionnaireresponse.viewed").exists()


def test_answers_that_wait_are_explained(as_client: Browser, client_record: Client) -> None:
    response = completed_intake(client_record, blood_clot="unsure")
    page = as_client.get(reverse("intake:signed", args=[response.pk])).content.decode()
    assert "Your therapist will look at this first" in page


def test_renewing_asks_what_has_changed(as_client: Browser, client_record: Client) -> None:
    completed_intake(client_record)

    page = as_client.post(reverse("intake:start"), follow=True)

    assert page.resolver_match.url_name == "review"
    text = page.content.decode()
    assert "Has anything changed?" in text
    assert "#div_id_emergency_signs" in text, "what is true only of a day is asked again"


def test_the_panel_of_the_portal_shows_the_light(as_client: Browser, client_record: Client) -> None:
    url = reverse("intake:portal-panel")
    assert as_client.get(url)["Location"] == reverse("intake:start")
    part = as_client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Not filled in yet" in part
    assert "<html" not in part


def urls_of(response: QuestionnaireResponse) -> list[str]:
    return [
        section_url(response, "health"),
        section_url(response, "health", "autosave"),
        review_url(response),
        reverse("intake:emergency", args=[response.pk]),
        reverse("intake:signed", args=[response.pk]),
    ]


@pytest.mark.parametrize("who", ["as_other", "as_desk", "as_therapist", "as_manager"])
def test_nobody_else_sees_or_changes_somebodys_answers(
    who: str, client_record: Client, request: pytest.FixtureRequest
) -> None:
    browser: Browser = request.getfixturevalue(who)
    response = answered_intake(client_record)

    for url in urls_of(response):
        assert browser.get(url).status_code in {404, 405}, url
        assert browser.post(url, {"blood_clot": "suspected", **SIGNATURE}).status_code in {404, 405}

    response.refresh_from_db()
    assert response.answers["blood_clot"] == "no"
    assert not response.is_completed


def test_a_visitor_is_sent_to_sign_in(anonymous: Browser, client_record: Client) -> None:
    for url in urls_of(answered_intake(client_record)):
        assert anonymous.get(url)["Location"].startswith("/accounts/login/")


def test_a_section_that_is_not_asked_is_not_found(
    as_client: Browser, begun: QuestionnaireResponse
) -> None:
    assert as_client.get(section_url(begun, "horoscope")).status_code == 404


def test_a_section_page_takes_few_queries(
    as_client: Browser, begun: QuestionnaireResponse, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(12):
        as_client.get(section_url(begun, "health"))
