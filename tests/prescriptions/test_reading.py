from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescriptions import pages, reading
from prescriptions.reading import Found
from tests.prescriptions import paper


def values(*lines: str) -> dict[str, str]:
    return {field: found.value for field, found in reading.read(["\n".join(lines)]).items()}


def test_the_sample_order_is_read_from_its_pdf() -> None:
    found = reading.read(pages.text(paper.pdf()))
    assert {field: one.value for field, one in found.items()} == {
        "reason": "neck pain after long desk work",
        "order_text": "2 sessions per week for 6 weeks",
        "modality": "massage",
        "codes": "M54.2",
        "issued_on": "2026-11-18",
        "prescriber_name": "K. Osei",
        "prescriber_credential": "MD",
        "prescriber_npi": "1234567893",
    }


def test_each_proposal_knows_its_page_and_the_first_mention_wins() -> None:
    found = reading.read(["Cover sheet", "Dx: low back pain M54.50", "M54.2"])
    assert found["codes"] == Found("M54.50", 2)
    assert found["reason"] == Found("low back pain", 2)


def test_a_scan_without_text_proposes_nothing() -> None:
    assert reading.read(["", " \n"]) == {}


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Date of birth: 04/12/1981", "issued_on", None),
        ("DOB 04/12/1981  Date: 3/2/26", "issued_on", "2026-03-02"),
        ("Dated 2026-03-02", "issued_on", "2026-03-02"),
        ("Date: 13/45/2026", "issued_on", None),
        ("NPI 1234567890", "prescriber_npi", None),
        ("Fax 2125550142", "prescriber_npi", None),
        ("Maria de la Cruz, D.O.", "prescriber_credential", "DO"),
        ("Maria Cruz, LMT", "prescriber_name", None),
        ("Manual therapy 12 visits", "modality", "manual"),
        ("Massage PRN", "order_text", None),
        ("Massage 2x/wk x 6 wks", "order_text", "Massage 2x/wk x 6 wks"),
        ("12 Mill Street, Suite 4", "order_text", None),
        ("Vitamin B12", "codes", None),
        ("Reason: whiplash; see notes", "reason", "whiplash"),
    ],
)
def test_what_is_and_is_not_taken_for_an_element(line: str, field: str, value: str | None) -> None:
    assert values(line).get(field) == value


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading(text: str) -> None:
    assert isinstance(reading.read([text]), dict)
