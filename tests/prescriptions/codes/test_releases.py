"""A manager sends the yearly file, and codes begin and end with it."""

from __future__ import annotations

from datetime import date, timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.format import us_date
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from prescriptions import tasks
from prescriptions.codes import loading, order_file, selectors, services
from prescriptions.codes.errors import NotTheWholeFile, OlderRelease
from prescriptions.codes.forms import days
from prescriptions.codes.search import find_codes
from prescriptions.models import CONFIRMED, CodeRelease, DiagnosisCode
from tests.prescriptions.codes import releases
from tests.prescriptions.codes.releases import BEFORE, NEXT

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Location, User

pytestmark = pytest.mark.django_db
PAGE = reverse("prescriptions:code-releases")
YEAR = order_file.fiscal_year(NEXT)
NAME = f"icd10cm_order_{YEAR}.txt"
# M54.2 is dropped, M54.59 becomes a heading of a new code, G35 is complete again.
CHANGES = {
    "M54.2": None,
    "M54.59": (False, "Other low back pain"),
    "M54.591": (True, "Other low back pain, with stiffness"),
    "G35": (True, "Multiple sclerosis"),
}


def receive(actor: User, content: bytes, day: date = NEXT, name: str = "order.txt") -> CodeRelease:
    return services.receive(actor=actor, content=content, file_name=name, in_force_on=day)


def load(actor: User, content: bytes, day: date = NEXT) -> CodeRelease:
    sent = receive(actor, content, day)
    tasks.load_codes.run(str(sent.pk))
    sent.refresh_from_db()
    return sent


def state(code: str) -> tuple[bool, date | None, date | None]:
    row = DiagnosisCode.objects.get(code=code)
    return row.billable, row.valid_from, row.valid_through


@pytest.fixture
def before(location: Location) -> CodeRelease:
    return releases.loaded()


def test_codes_end_stay_and_begin_with_a_release(manager_user: User, before: CodeRelease) -> None:
    done = load(manager_user, releases.order_file(CHANGES))
    last = NEXT - timedelta(days=1)
    assert done.status == done.Status.LOADED
    assert (done.added, done.ended, done.progress, done.file) == (2, 2, 100, None)
    assert state("M54.50") == (True, None, None)
    assert state("M54.2") == (False, None, last)
    assert state("M54.59") == (False, None, last)
    assert state("M54.591") == (True, NEXT, None)
    assert state("G35") == (True, NEXT, None)
    assert state("M54.5") == (False, None, None)  # it was a heading before
    assert selectors.in_force_on() == NEXT
    assert [one.code for one in find_codes("stiffness")] == ["M54.591"]
    assert find_codes("M54.2") == []
    assert AuditEvent.objects.filter(action="setup.codes_loaded").count() == 1


def test_the_days_decide(manager_user: User, before: CodeRelease) -> None:
    load(manager_user, releases.order_file(CHANGES))
    last = NEXT - timedelta(days=1)
    by_code = DiagnosisCode.objects.in_bulk(["M54.2", "M54.59", "M54.591", "M54.50", "M54.5"])
    assert [code for code, row in by_code.items() if row.is_valid_on(last)] == [
        *("M54.2", "M54.50", "M54.59")
    ]
    assert sorted(code for code, row in by_code.items() if row.is_valid_on(NEXT)) == [
        *("M54.50", "M54.591")
    ]


def test_the_same_file_again_changes_nothing(manager_user: User, before: CodeRelease) -> None:
    first = load(manager_user, releases.order_file(CHANGES))
    rows = list(DiagnosisCode.objects.order_by("code").values())
    again = load(manager_user, releases.order_file(CHANGES))
    assert again.pk == first.pk
    assert list(DiagnosisCode.objects.order_by("code").values()) == rows
    assert AuditEvent.objects.filter(action="setup.codes_loaded").count() == 1


def test_a_corrected_file_of_the_same_day_takes_back_what_the_first_one_did(
    manager_user: User, before: CodeRelease
) -> None:
    load(manager_user, releases.order_file(CHANGES))
    load(manager_user, releases.order_file())
    assert state("M54.2") == (True, None, None)
    assert state("M54.59") == (True, None, None)
    last = NEXT - timedelta(days=1)
    assert state("M54.591") == (False, NEXT, last)
    row = DiagnosisCode.objects.get(code="M54.591")
    assert not any(row.is_valid_on(day) for day in (last, NEXT))


def test_a_release_of_the_future_waits_for_its_day(manager_user: User, before: CodeRelease) -> None:
    day = clinic_today() + timedelta(days=30)
    sent = load(manager_user, releases.order_file(CHANGES), day)
    assert sent.status == sent.Status.WAITING
    assert state("M54.2") == (True, None, None)
    CodeRelease.objects.filter(pk=sent.pk).update(work_due_at=timezone.now() - timedelta(minutes=1))
    tasks.sweep_codes.run()  # a worker loads it at once in tests
    sent.refresh_from_db()
    assert sent.status == sent.Status.LOADED
    assert state("M54.2") == (False, None, day - timedelta(days=1))


def test_an_older_release_is_refused_also_when_it_comes_second(
    manager_user: User, before: CodeRelease
) -> None:
    with pytest.raises(OlderRelease, match=us_date(BEFORE)):
        receive(manager_user, releases.order_file(), BEFORE - timedelta(days=180))
    older = receive(manager_user, releases.order_file(), BEFORE)
    load(manager_user, releases.order_file(CHANGES))
    tasks.load_codes.run(str(older.pk))
    older.refresh_from_db()
    assert older.status == older.Status.FAILED
    assert selectors.in_force_on() == NEXT


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"", "order.txt", "line 1 cannot be read"),
        (b"PK\x03\x04zip", "order.zip", "This is the whole ZIP"),
        (b"A000    Cholera due to Vibrio cholerae\n", "codes.txt", "list of codes without"),
        (b"%PDF-1.7\n", "order.pdf", "line 1 cannot be read"),
        (releases.order_file() + b"00099 M543 2 x", "order.txt", "line 12 cannot be read"),
        (b"\xff\xfe\x00\x00", "order.txt", "line 1 cannot be read"),
        (
            releases.order_file(),
            f"icd10cm_order_{YEAR - 1}.txt",
            f"name says {YEAR - 1}, and codes",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_do(
    as_manager: Browser, before: CodeRelease, content: bytes, name: str, says: str
) -> None:
    answer = send(as_manager, content or b"\n", name=name)
    assert answer.status_code == 422
    assert says in answer.text
    assert f'value="{NEXT}" selected' in answer.text  # what was chosen stays
    assert not selectors.releases().exclude(pk=before.pk).exists()


def test_half_a_file_is_no_release(
    manager_user: User, before: CodeRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "FEW", 1)
    with pytest.raises(NotTheWholeFile, match="2 codes in use are not in this file"):
        receive(manager_user, releases.order_file(CHANGES))
    one = dict(CHANGES, **{"M54.59": (True, "Other low back pain")})
    assert receive(manager_user, releases.order_file(one)).status == CodeRelease.Status.WAITING


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    as_manager: Browser, before: CodeRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("prescriptions.codes.forms.MAX_SIZE", 100)
    answer = send(as_manager, releases.order_file())
    assert answer.status_code == 422
    assert "larger than 40 MB" in answer.text
    monkeypatch.setattr(order_file, "MAX_SIZE", 100)
    with pytest.raises(order_file.FileTooLarge):
        list(order_file.lines(b"x" * 101))


def send(browser: Browser, content: bytes, *, name: str = "order.txt", day: date = NEXT) -> Any:
    file = SimpleUploadedFile(name, content, content_type="text/plain")
    return browser.post(PAGE, {"file": file, "in_force_on": str(day)})


def test_a_manager_sends_it_and_sees_it_come(
    as_manager: Browser,
    before: CodeRelease,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    assert f"Newer codes have been in force since {us_date(NEXT)}" in as_manager.get(PAGE).text
    answer = send(as_manager, releases.order_file(CHANGES), name=NAME)
    assert (answer.status_code, answer["Location"]) == (302, PAGE)
    shown = as_manager.get(PAGE, headers={"HX-Request": "true"}).text
    assert "<progress" in shown
    assert 'hx-trigger="every 2s"' in shown
    with django_capture_on_commit_callbacks(execute=True):
        send(as_manager, releases.order_file(CHANGES), name=NAME)
    shown = as_manager.get(PAGE, headers={"HX-Request": "true"}).text
    assert "2 new, 2 ended" in shown
    assert "hx-trigger" not in shown
    assert shown.count("In use") == 1
    page = send(as_manager, releases.order_file(CHANGES), name=NAME)
    assert "loaded already" in as_manager.get(page["Location"]).text
    assert CodeRelease.objects.count() == 2


def test_nothing_chosen_says_what_to_choose(as_manager: Browser, before: CodeRelease) -> None:
    answer = as_manager.post(PAGE, {})
    assert "Choose the order file." in answer.text
    assert "Choose the day from which" in answer.text


def test_the_days_on_offer_run_from_what_is_loaded_to_the_next() -> None:
    april, october, next_april = date(2026, 4, 1), date(2026, 10, 1), date(2027, 4, 1)
    today = date(2026, 11, 24)
    assert days(today, april) == [april, october, next_april]
    assert days(today, october) == days(october, october) == [october, next_april]
    assert days(today, None)[-1] == next_april
    assert days(today, date(2020, 4, 1))[-1] == next_april


def test_progress_is_told_and_a_load_that_fails_is_tried_again(
    manager_user: User, before: CodeRelease, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = receive(manager_user, releases.order_file(CHANGES))
    seen: list[int] = []
    note = services._note_progress

    def noted(row: CodeRelease, percent: int) -> None:
        note(row, percent)
        seen.append(percent)

    monkeypatch.setattr(services, "_note_progress", noted)

    def broken(*_args: object, **_named: object) -> None:
        raise OSError("disk")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "write", broken)
        with pytest.raises(OSError, match="disk"):
            tasks.load_codes.run(str(sent.pk))
    assert seen[0] == 0
    sent.refresh_from_db()
    assert (sent.status, sent.work_attempts) == (sent.Status.WAITING, 1)
    assert state("M54.2") == (True, None, None)
    CodeRelease.objects.filter(pk=sent.pk).update(work_due_at=timezone.now())
    tasks.load_codes.run(str(sent.pk))
    assert state("M54.2") == (False, None, NEXT - timedelta(days=1))


def test_a_load_that_fails_each_time_says_so_and_can_be_sent_again(
    manager_user: User, before: CodeRelease
) -> None:
    sent = receive(manager_user, releases.order_file(CHANGES))
    CodeRelease.objects.filter(pk=sent.pk).update(work_attempts=services.MAX_ATTEMPTS)
    tasks.load_codes.run(str(sent.pk))
    sent.refresh_from_db()
    assert (sent.status, sent.file) == (sent.Status.FAILED, None)
    assert state("M54.2") == (True, None, None)
    assert load(manager_user, releases.order_file(CHANGES)).status == sent.Status.LOADED


def test_the_package_does_not_come_after_a_newer_file(
    manager_user: User, before: CodeRelease
) -> None:
    load(manager_user, releases.order_file(CHANGES))
    for force in (False, True):
        said = StringIO()
        call_command("load_icd10", force=force, stdout=said)
        assert "is loaded" in said.getvalue()
    assert state("M54.591") == (True, NEXT, None)


def test_a_confirmed_code_gets_its_name_or_its_end_from_the_release(
    manager_user: User, before: CodeRelease
) -> None:
    services.confirm(["M54.591", "M54.77", "M54.50"])
    assert find_codes("M54.77") == []
    row = DiagnosisCode.objects.get(code="M54.77")
    assert (row.release, row.is_valid_on(NEXT)) == (CONFIRMED, True)
    assert not row.is_valid_on(NEXT - timedelta(days=1))
    assert state("M54.50") == (True, None, None)
    load(manager_user, releases.order_file(CHANGES))
    assert DiagnosisCode.objects.get(code="M54.591").description.startswith("Other low back")
    assert state("M54.591") == (True, NEXT, None)
    assert not DiagnosisCode.objects.get(code="M54.77").is_valid_on(NEXT)


def test_the_database_keeps_no_code_that_ends_long_before_it_begins(before: CodeRelease) -> None:
    with pytest.raises(IntegrityError, match="diagnosis_ends"), transaction.atomic():
        DiagnosisCode.objects.filter(code="M54.2").update(valid_from=NEXT, valid_through=BEFORE)
