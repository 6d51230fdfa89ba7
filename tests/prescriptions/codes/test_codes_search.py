"""Finding a diagnosis code: what is offered, in which order, and what a key pressed may cost."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clinic.selectors import clinic_today
from prescriptions.codes import index, loading, search
from prescriptions.codes.index import Searched
from prescriptions.codes.search import find_codes
from prescriptions.codes.selectors import check_codes
from prescriptions.management.commands import load_icd10
from prescriptions.models import DiagnosisCode, DiagnosisStart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client as Browser

    from clinic.models import Location

HTMX = {"HX-Request": "true"}


def found(words: str) -> list[str]:
    return [offer.code for offer in find_codes(words)]


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("M54.2", "M54.2"),
        ("m545", "M54.50"),
        (" m54. ", "M54.2"),
        ("m54", "M54.2"),
        ("m5", "M54.2"),
        ("cervicalgia", "M54.2"),
        ("c", "M54.2"),
        ("ce", "M54.2"),
        ("vical", "M54.2"),  # inside a word: five letters,
        ("rvic", "M54.2"),  # four,
        ("lgi", "M54.2"),  # and three
        ("low back", "M54.50"),
        ("back low", "M54.59"),
        ("lo ba un", "M54.50"),
        ("BACK spasm", "M62.830"),
        ("lgia oth", "M79.18"),  # a part of a word beside the start of one
        ("s13", "S13.4XXA"),
    ],
)
def test_codes_are_found_by_code_and_by_words(codes: None, words: str, first: str) -> None:
    assert found(words)[0] == first


@pytest.mark.parametrize(
    "words",
    ["", " ", "zz", "%%%", "no such thing", "%", "_", "'", "\\", "M54.2%", "ß", "。", "zzzzz"],
)
def test_words_that_fit_nothing_find_nothing(codes: None, words: str) -> None:
    assert found(words) == []


def test_headings_are_never_offered(codes: None) -> None:
    for words in ("m54", "g35", "dorsalgia", "back", "sclerosis", "s13"):
        offered = DiagnosisCode.objects.filter(pk__in=found(words))
        assert all(code.billable for code in offered)
    assert found("dorsalgia") == []


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("M54.5", "M54.5 is a heading"),
        ("g35", "G35 is a heading"),
        ("S13.4A", "seven characters"),
        ("S13.4", "seven characters"),
        ("M99.99", "not in this year"),
        ("M54.2", ""),
        ("G35.D", ""),
        ("M5", ""),
        ("back", ""),
        ("hip", ""),
    ],
)
def test_what_is_no_code_to_take_is_told_why(codes: None, typed: str, says: str) -> None:
    refusal = search.refusal(typed, find_codes(typed))
    assert says in refusal
    assert bool(refusal) is bool(says)


def test_a_word_written_like_a_code_is_found_as_a_word(db: None) -> None:
    loading.keep([code("D51.8", "Other vitamin B12 deficiency anemias")])
    offers = find_codes("B12")
    assert [offer.code for offer in offers] == ["D51.8"]
    assert search.refusal("B12", offers) == ""


def code(name: str, description: str, also: str = "", release: str = "test") -> DiagnosisCode:
    return DiagnosisCode(
        code=name, description=description, also=also, billable=True, release=release
    )


def test_first_comes_what_begins_with_the_word_then_the_usual_chapters_then_short_names(
    db: None,
) -> None:
    loading.keep(
        [
            code("A01.0", "Shoulder typhoid"),
            code("M25.511", "Pain in right shoulder"),
            code("M75.00", "Shoulder lesion"),
            code("C40.0", "Sarcoma, shoulder"),
            code("M24.4", "Instability of the left shoulder"),
            code("Y93.0", "Shoulder ride"),
            code("V00.0", "Fall from a shoulder"),
            code("S40.1XXD", "Shoulder burn, subsequent encounter"),
            code("S40.1XXA", "Shoulder burn, initial encounter"),
        ]
    )
    begins = ["S40.1XXA", "M75.00", "S40.1XXD", "A01.0", "Y93.0"]
    assert found("should") == [*begins, "M25.511", "M24.4", "C40.0", "V00.0"]
    assert found("right should") == ["M25.511"]


def test_names_that_begin_so_leave_half_of_the_places_to_others(db: None) -> None:
    loading.keep(
        [
            *(code(f"A{number:02}", f"Bacterial disease {number}") for number in range(20)),
            *(code(f"M{number:02}", f"Pain in the back {number}") for number in range(20)),
        ]
    )
    offered = found("bac")
    assert [name[0] for name in offered] == ["A"] * 6 + ["M"] * 6
    assert len(found("bact")) == index.FOUND


def test_accents_and_apostrophes_need_not_be_typed(db: None) -> None:
    loading.keep([code("H81.01", "Ménière's disease, right ear")])
    for words in ("meniere", "Ménière’s", "menieres right", "MÉNIÈRE'S disease"):  # noqa: RUF001
        assert found(words) == ["H81.01"]


def test_another_name_is_shown_when_it_was_meant(db: None) -> None:
    loading.keep([code("M77.11", "Lateral epicondylitis, right elbow", "Tennis elbow; Sore")])
    assert find_codes("tennis")[0].called == "Tennis elbow"
    assert find_codes("right sore")[0].called == "Sore"
    assert find_codes("elbow")[0].called == ""


def test_a_code_bears_the_other_names_of_its_headings(db: None) -> None:
    terms = {"S13.4": ["Whiplash injury"], "S13": ["Sprain of the neck"]}
    assert index.also_called("S13.4XXA", terms) == "Whiplash injury; Sprain of the neck; whiplash"
    assert index.also_called("M99.01", terms) == ""


WORDS = ["back", "bacteria", "low", "lower", "pain", "spasm", "of", "a", "ab", "abc", "cab"]
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(" ".join)


@given(st.lists(names, min_size=1, max_size=40), st.lists(st.sampled_from(WORDS), min_size=1))
def test_with_all_words_is_what_a_plain_search_finds(every: list[str], typed: list[str]) -> None:
    ordered = index.in_order(
        Searched(f"M{number:02}", name, "") for number, name in enumerate(every)
    )
    known = {one.start: (one.opening, one.anywhere) for one in index.starts(ordered)}
    packed = {start: (index.pack(a), index.pack(b)) for start, (a, b) in known.items()}
    assert {s: (index.unpack(a), index.unpack(b)) for s, (a, b) in packed.items()} == known

    plain = [
        place for place, one in enumerate(ordered) if all(f" {word}" in one.words for word in typed)
    ]
    opens = [place for place in plain if ordered[place].words.startswith(f" {typed[0]}")]
    wanted = opens + [place for place in plain if place not in opens]
    if all(word in known for word in typed):
        assert index.with_all(known, typed) == wanted[: index.FOUND]


@pytest.mark.parametrize(
    ("words", "queries"),
    [("m54", 1), ("bac", 1), ("back", 1), ("qqq", 1), ("low back", 2), ("vical", 3), ("", 0)],
)
def test_a_key_pressed_costs_a_query_or_two(
    codes: None,
    django_assert_num_queries: Callable[..., Any],
    words: str,
    queries: int,
) -> None:
    with django_assert_num_queries(queries):
        find_codes(words)


def test_a_search_writes_nothing_and_asks_no_more_than_who_it_is(
    as_desk: Browser, location: Location, codes: None, django_assert_num_queries: Callable[..., Any]
) -> None:
    search = reverse("prescriptions:diagnoses")
    as_desk.post(search, {"q": "low"}, headers=HTMX)
    with django_assert_num_queries(4) as asked:  # session, user, location, codes
        answer = as_desk.post(search, {"q": "cerv"}, headers=HTMX)
    assert {one["sql"].split()[0] for one in asked.captured_queries} == {"SELECT"}
    assert 'data-add-code="M54.2"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_what_is_looked_for_never_stands_in_an_address(
    as_desk: Browser, location: Location, codes: None
) -> None:
    answer = as_desk.get(reverse("prescriptions:diagnoses"), {"q": "cervicalgia"})
    assert "M54.2" not in answer.text
    assert 'method="post"' in answer.text


def test_the_page_and_the_part_say_why_a_heading_is_not_taken(
    as_desk: Browser, location: Location, codes: None
) -> None:
    search = reverse("prescriptions:diagnoses")
    for headers in ({}, HTMX):
        answer = as_desk.post(search, {"q": "M54.5"}, headers=headers)
        assert "M54.5 is a heading" in answer.text
        assert "M54.50" in answer.text
        answer = as_desk.post(search, {"q": "S13.4A"}, headers=headers)
        assert "seven characters" in answer.text
        assert "Nothing found" not in answer.text
        answer = as_desk.post(search, {"q": "<b>zebra"}, headers=headers)
        assert "Nothing found for “&lt;b&gt;zebra”" in answer.text


def small_release(release: str) -> Iterator[DiagnosisCode]:
    yield code("M54.2", "Cervicalgia", release=release)


def test_loading_the_codes_again_does_nothing_and_a_new_release_retires_old_codes(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    loading.keep([code("M99.00", "Old", release="old"), code("M54.2", "Neck", release="old")])
    DiagnosisCode.objects.filter(code="M54.2").update(billable=False)
    monkeypatch.setattr(load_icd10, "read", small_release)
    call_command("load_icd10", stdout=StringIO())
    assert DiagnosisCode.objects.get(code="M54.2").billable
    assert not DiagnosisCode.objects.get(code="M99.00").billable
    ((verdict, _name),) = check_codes(["M99.00"], clinic_today())
    assert "M99.00 was valid through Mar 31, 2026" in verdict.message
    assert (found("cerv"), found("old"), found("neck"), found("M99")) == (["M54.2"], [], [], [])
    said = StringIO()
    call_command("load_icd10", stdout=said)
    assert "is loaded" in said.getvalue()


def test_codes_that_were_loaded_before_they_could_be_found_are_loaded_again(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_icd10, "read", small_release)
    call_command("load_icd10", stdout=StringIO())
    DiagnosisStart.objects.all().delete()
    call_command("load_icd10", stdout=StringIO())
    assert found("cerv") == ["M54.2"]


def test_a_load_that_fails_leaves_the_old_release_to_be_found(
    codes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(release: str) -> Iterator[DiagnosisCode]:
        yield from small_release(release)
        raise OSError("disk")

    monkeypatch.setattr(load_icd10, "read", broken)
    with pytest.raises(OSError, match="disk"):
        call_command("load_icd10", stdout=StringIO())
    assert found("low back")[0] == "M54.50"


def test_a_release_loaded_between_two_queries_gives_nothing_wrong(
    codes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = index.with_all

    def loaded_meanwhile(*args: Any) -> list[int]:
        before = places(*args)
        loading.keep([code("M99.01", "Segmental dysfunction"), code("G56.01", "Carpal tunnel")])
        return before

    monkeypatch.setattr(index, "with_all", loaded_meanwhile)
    assert not {"M99.01", "G56.01"} & set(found("low back"))


@pytest.mark.slow
def test_in_the_release_what_reviewers_type_comes_first_and_any_letters_find(db: None) -> None:
    loading.keep(one for one in load_icd10.read("release") if one.code.startswith(OF_PAIN))
    loading.settle()
    for words, first in WHAT_REVIEWERS_TYPE.items():
        assert found(words)[0] == first, words
    names = DiagnosisCode.objects.filter(billable=True).values_list("description", flat=True)
    every = {word for name in names for word in index.fold(name).split()}
    letters = {word[at : at + 3] for word in every for at in range(len(word) - 2)}
    assert len(letters) > 2000
    some = sorted(letters)[:: len(letters) // 500]
    assert [part for part in some if not found(part)] == []
    for words in ("of", "fracture of", "encounter for with of", "fracture pregnancy", "ation"):
        assert scans(words) == [], words


# The chapters and categories that massage is ordered for: a tenth of the release.
OF_PAIN = ("M", "G", "R", "S13", "S16", "S39")
WHAT_REVIEWERS_TYPE = {
    "neck pain": "M54.2",
    "low back pain": "M54.50",
    "mid back pain": "M54.6",
    "headache": "R51.9",
    "tension headache": "G44.201",
    "whiplash": "S13.4XXA",
    "tennis elbow": "M77.12",
    "frozen shoulder right": "M75.01",
    "plantar fasciitis": "M72.2",
    "fibromyalgia": "M79.7",
    "muscle spasm back": "M62.830",
    "sciatica right": "M54.31",
    "carpal tunnel left": "G56.02",
    "TMJ": "M26.622",
    "neck strain": "S16.1XXA",
    "low back strain": "S39.012A",
    "S134": "S13.4XXA",
    "g35": "G35.A",
}


def scans(words: str) -> list[str]:
    """What reads a whole table to find these words; how long it takes, `make bench` tells."""
    with CaptureQueriesContext(connection) as caught:
        find_codes(words)
    plans = []
    with connection.cursor() as cursor:
        for query in caught.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            plans += [line for (line,) in cursor.fetchall() if "Seq Scan" in line]
    return plans
