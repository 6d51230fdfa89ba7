from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prescriptions.reading import proposals as reading
from prescriptions.reading import sig, words
from prescriptions.reading.proposals import Patient
from prescriptions.reading.words import UNREAD
from tests.prescriptions import paper
from tests.prescriptions.typed import typed, unsure

START = date(2026, 3, 2)
REAL = {"M54.2", "M54.50", "M62.830", "S13.4XXA", "M54.5", "G35", "G35.D"}


def known(codes: set[str]) -> set[str]:
    return codes & REAL


def values(*lines: str) -> dict[str, str]:
    return {field: found.value for field, found in reading.read(typed("\n".join(lines))).items()}


def test_the_sample_order_is_read_from_its_pdf() -> None:
    found = reading.read(words.extract(paper.pdf(), ocr=False))
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
    assert not any(one.doubtful for one in found.values())


def test_each_proposal_knows_its_page_and_the_first_mention_wins() -> None:
    found = reading.read(typed("Cover sheet", "Dx: low back pain M54.50", "M54.2"), known=known)
    assert (found["codes"].value, found["codes"].page) == ("M54.50", 2)
    assert (found["reason"].value, found["reason"].page) == ("low back pain", 2)


def test_each_proposal_quotes_its_words_and_boxes_them() -> None:
    found = reading.read(typed("Rx: 2 sessions per week\nfor 6 weeks.\nDate: 3/2/2026"))
    order = found["order_text"]
    assert order.value == "2 sessions per week for 6 weeks"
    assert order.quotes == ("Rx: 2 sessions per week", "for 6 weeks")
    (left, top, width, height), below = order.boxes
    assert (left, top) == (0.1, 0.1)
    assert 0 < width < 1
    assert 0 < height < 0.02
    assert below[1] > top
    assert found["issued_on"].quotes == ("Date: 3/2/2026",)


def test_a_scan_without_text_proposes_nothing() -> None:
    assert reading.read(typed("", " \n")) == {}
    assert reading.read({"source": "none", "pages": []}) == {}


@pytest.mark.parametrize(
    ("line", "field", "value"),
    [
        ("Date of birth: 04/12/1981", "issued_on", None),
        ("Birth date 04/12/1981", "issued_on", None),
        ("Date (birth): 04/12/1981", "issued_on", None),
        ("Date of injury: 04/12/2026", "issued_on", None),
        ("Start date: 04/12/2026", "issued_on", None),
        ("DOB 04/12/1981  Date: 3/2/26", "issued_on", "2026-03-02"),
        ("Dated 2026-03-02", "issued_on", "2026-03-02"),
        ("Date: March 2, 2026", "issued_on", "2026-03-02"),
        ("Date of order: 2 Mar. 2026", "issued_on", "2026-03-02"),
        ("Electronically signed by Kofi Osei, MD on 03/02/2026 at 10:14", "issued_on", START),
        ("Date: 13/45/2026", "issued_on", None),
        ("Valid from 3/2/2026", "starts_on", "2026-03-02"),
        ("Effective date: 2026-03-02", "starts_on", "2026-03-02"),
        ("Start: 03/02/2026", "starts_on", "2026-03-02"),
        ("starting on 03/02/2026", "starts_on", "2026-03-02"),
        ("Effective through 03/02/2026", "starts_on", None),
        ("Valid through 04/12/2026", "through_on", "2026-04-12"),
        ("Expires: 4/12/26", "through_on", "2026-04-12"),
        ("End date 04/12/2026", "through_on", "2026-04-12"),
        ("License expires 12/31/2027", "through_on", None),
        ("DEA AB123 exp. Expires 12/31/2027", "through_on", None),
        ("Valid 03/02/2026 - 04/12/2026", "starts_on", "2026-03-02"),
        ("Valid from 03/02/2026 to 04/12/2026", "through_on", "2026-04-12"),
        ("Dates of treatment: 03/02/2026 through 04/12/2026", "issued_on", None),
        ("NPI 1234567893", "prescriber_npi", "1234567893"),
        ("NPI#: 1234-567-893", "prescriber_npi", "1234567893"),
        ("NPI number   1234567893", "prescriber_npi", "1234567893"),
        ("Number 1234567893", "prescriber_npi", "1234567893"),
        ("Number 1234567890", "prescriber_npi", None),
        ("Phone 1234567893", "prescriber_npi", None),
        ("Fax 2125550142", "prescriber_npi", None),
        ("Phone: (212) 555-0142", "prescriber_phone", "(212) 555-0142"),
        ("Tel. 212.555.0142  Fax 212.555.0143", "prescriber_phone", "(212) 555-0142"),
        ("Ph +1 212-555-0142", "prescriber_phone", "(212) 555-0142"),
        ("Phone: (212) 555-0142 x89", "prescriber_phone", "(212) 555-0142 ext. 89"),
        ("Phone 212-555-0142, ext. 012", "prescriber_phone", "(212) 555-0142 ext. 012"),
        ("Tel: 212-555-0142 Extension 7  Fax", "prescriber_phone", "(212) 555-0142 ext. 7"),
        ("Tel: 212-555-0142 #5", "prescriber_phone", "(212) 555-0142 ext. 5"),
        ("Tel: 212-555-0142 x 6 weeks", "prescriber_phone", "(212) 555-0142 ext. 6"),
        ("Fax: (212) 555-0143", "prescriber_phone", None),
        ("Patient phone: (212) 555-0199", "prescriber_phone", None),
        ("Cell phone (212) 555-0199", "prescriber_phone", None),
        ("Maria de la Cruz, D.O.", "prescriber_credential", "DO"),
        ("Maria de la Cruz, D.O.", "prescriber_name", "Maria de la Cruz"),
        ("Prescriber: Kofi Osei, MD", "prescriber_name", "Kofi Osei"),
        ("Physician name:   Kofi Osei", "prescriber_name", "Kofi Osei"),
        ("Attending Physician Kofi Osei MD", "prescriber_name", "Kofi Osei"),
        ("Dr. Kofi Osei", "prescriber_name", "Kofi Osei"),
        ("Jane O\u2019Neill-Ward, PA-C", "prescriber_credential", "PA"),
        ("Maria Cruz, LMT", "prescriber_name", None),
        ("Silver Spring, MD 20910", "prescriber_name", None),
        ("New Hope, PA 18938", "prescriber_credential", None),
        ("Riverside Family Medicine, PA", "prescriber_name", None),
        ("Patient: Ana Lima, MD", "prescriber_name", None),
        ("cc: Joan Berg, MD", "prescriber_name", None),
        ("Manual therapy 12 visits", "modality", "manual"),
        ("Massage PRN", "order_text", "Massage PRN"),
        ("Massage 2x/wk x 6 wks", "order_text", "Massage 2x/wk x 6 wks"),
        ("Take 1 tablet 2x per day for 10 days", "order_text", None),
        ("12 Mill Street, Suite 4", "order_text", None),
        ("Follow up in 6 weeks", "order_text", None),
        ("Vitamin B12", "codes", None),
        ("Dx: M5450", "codes", "M54.50"),
        ("ICD-10: G35, M54.2", "codes", "G35, M54.2"),
        ("Reason: whiplash; see notes", "reason", "whiplash"),
        ("Diagnosis: M54.2", "reason", None),
        ("Dx: neck pain (M54.2)", "reason", "neck pain"),
        ("Massage therapy for six weeks", "reason", None),
        ("Massage therapy for a few weeks", "reason", None),
    ],
)
def test_what_is_and_is_not_taken_for_an_element(
    line: str, field: str, value: str | date | None
) -> None:
    assert values(line).get(field) == (str(value) if value else None)


@pytest.mark.parametrize(
    ("text", "visits", "through"),
    [
        ("2 sessions per week for 6 weeks", 12, date(2026, 4, 12)),
        ("two sessions per month for 12 months", 24, date(2027, 3, 1)),
        ("2x/wk x 6 wks", 12, date(2026, 4, 12)),
        ("every other week for 12 weeks", 6, date(2026, 5, 24)),
        ("3x/wk x 2 wks, then 1x/wk x 4 wks", 10, date(2026, 4, 12)),
        ("6 visits over 3 months", 6, date(2026, 6, 1)),
        ("1-2x/week for 6 weeks", 12, date(2026, 4, 12)),
        ("2x/week for 3 months", 26, date(2026, 6, 1)),
        ("12 visits", 12, date(2027, 3, 1)),
        ("2 per month for 2 years", 24, date(2027, 3, 1)),
    ],
)
@pytest.mark.parametrize("before", ["", "Rx: ", "Massage therapy. ", "Plan - "])
def test_the_table_of_orders_holds_on_paper(
    text: str, visits: int, through: date, before: str
) -> None:
    found = reading.read(typed(f"Cover letter\n{before}{text}.\nThank you"))["order_text"]
    assert found.value == text
    assert not found.doubtful
    proposal = sig.read(found.value, START)
    assert isinstance(proposal, sig.Proposal)
    assert (proposal.visits, proposal.through) == (visits, through)


@pytest.mark.parametrize("text", ["1x/week", "PRN", "as needed", "evaluate and treat", "biweekly"])
def test_an_order_that_leaves_something_open_is_quoted_and_comes_to_nothing(text: str) -> None:
    found = reading.read(typed(f"Rx: {text}"))["order_text"]
    assert (found.value, found.doubtful) == (text, True)
    assert isinstance(sig.read(found.value, START), sig.NeedsInformation)


@pytest.mark.parametrize(
    "lines",
    [
        ("Frequency: 2x per week", "Duration: 6 weeks"),
        ("Frequency:      2x per week      Duration:      6 weeks",),
        ("Frequency: 2x per week Duration: 6 weeks",),
        ("How often: twice a week", "Number of visits: 12"),
    ],
)
def test_the_boxes_of_a_form_are_read_together(lines: tuple[str, ...]) -> None:
    found = reading.read(typed("\n".join(lines)))["order_text"]
    proposal = sig.read(found.value, START)
    assert isinstance(proposal, sig.Proposal)
    assert (proposal.visits, proposal.through) == (12, date(2026, 4, 12))


def test_the_order_for_massage_is_preferred_to_one_for_something_else() -> None:
    found = reading.read(
        typed("Physical therapy 3x/week for 4 weeks\nMassage therapy 1x/week for 8 weeks")
    )["order_text"]
    assert (found.value, found.doubtful) == ("Massage therapy 1x/week for 8 weeks", False)


@pytest.mark.parametrize(
    ("lines", "field"),
    [
        ("Massage 2x/week for 6 weeks\nMassage 1x/week for 8 weeks", "order_text"),
        ("Date: 03/02/2026\nDated 03/09/2026", "issued_on"),
        ("Kofi Osei, MD\nJane Berg, DO", "prescriber_name"),
        ("NPI 1234567893\nNPI 1987654328", "prescriber_npi"),
        ("NPI 1234567890", "prescriber_npi"),  # check digit
        ("NPI l234567893", "prescriber_npi"),
        ("Number 1234567893", "prescriber_npi"),  # nobody says that it is one
        ("Do not exceed 12 visits", "order_text"),
        ("No massage", "modality"),
        ("Physical therapy 2x/week for 6 weeks", "order_text"),
        ("Dr. Kofi Osei", "prescriber_name"),
    ],
)
def test_two_readings_are_a_doubt(lines: str, field: str) -> None:
    assert reading.read(typed(lines))[field].doubtful


def test_an_npi_of_the_practice_gives_way_to_the_prescribers() -> None:
    found = reading.read(typed("Group NPI 1987654328\nKofi Osei, MD   NPI 1234567893"))
    assert (found["prescriber_npi"].value, found["prescriber_npi"].doubtful) == (
        "1234567893",
        False,
    )


@pytest.mark.parametrize(
    ("text", "code", "doubtful"),
    [
        ("M54.50", "M54.50", False),
        ("M54.5O", "M54.50", True),
        ("M54.So", "M54.50", True),
        ("MS4.2", "M54.2", True),
        ("M54,2", "M54.2", True),
        ("M62.83O", "M62.830", True),
        ("S13.4XXA", "S13.4XXA", False),
        ("S l3.4XXA", None, False),
        ("Sl3.4XXA", "S13.4XXA", True),
        ("M99.99", None, False),
        ("see sec.42", None, False),
    ],
)
def test_letters_that_look_like_digits_are_mended_only_as_a_doubt(
    text: str, code: str | None, doubtful: bool
) -> None:
    found = reading.read(typed(f"for {text} of the neck"), known=known).get("codes")
    assert (found.value if found else None) == code
    assert bool(found and found.doubtful) is doubtful


def test_a_badly_legible_word_makes_the_proposal_doubtful() -> None:
    document = unsure(typed("Rx: 2 sessions per week for 6 weeks\nDate: 3/2/2026"), "6")
    found = reading.read(document)
    assert found["order_text"].doubtful
    assert not found["issued_on"].doubtful


def test_nothing_is_read_across_a_word_that_could_not_be_read() -> None:
    assert "order_text" not in reading.read(typed(f"2 sessions {UNREAD} for 6 weeks"))
    found = reading.read(typed(f"{UNREAD} 2 sessions per week for 6 weeks"))
    assert found["order_text"].value == "2 sessions per week for 6 weeks"


names = st.sampled_from(["Ana", "Maria", "Kofi", "Jo", "De Luca", "O'Neill", "Lima", "Berg-Haas"])
frames = st.sampled_from(
    ["{}, MD", "Prescriber: {}, DO", "Signed by: {} NP", "Dr. {}", "{}, M.D.\nDate: 3/2/2026"]
)


@given(names, names, frames)
def test_the_patient_is_never_proposed_as_the_prescriber(first: str, last: str, frame: str) -> None:
    patient = Patient(name=f"{first} {last}")
    short = f"{first[0]}. {last}"
    for written in (f"{first} {last}", f"{first} B. {last}", short):
        assert "prescriber_name" not in reading.read(typed(frame.format(written)), patient=patient)
    labelled = typed(f"Patient: {first} {last}\n{frame.format(f'{first} {last}')}")
    assert "prescriber_name" not in reading.read(labelled)


def test_the_patients_telephone_is_not_the_practices() -> None:
    document = typed("Phone: (212) 555-0142\nTel: (212) 555-0177")
    found = reading.read(document, patient=Patient(phone="+12125550142"))
    assert found["prescriber_phone"].value == "(212) 555-0177"


SCRAPS = (
    *(
        "Rx:",
        "Date:",
        "03/02/2026",
        "signed by",
        "NPI",
        "1234567893",
        "12345 67893",
        "Kofi Osei, MD",
    ),
    *("massage", "manual therapy", "for", "neck pain", "M54.2", "Dx:", "2x/week", "for 6 weeks"),
    *("valid from", "until", "4/12/2026", "Phone", "(212) 555-0142", "no", "\t", "\n", ".", ";"),
    *("Frequency:", "Duration:", "Patient:", "Ana Lima", UNREAD),
)
papers = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(SCRAPS), max_size=30).map(" ".join),
    st.lists(st.sampled_from(SCRAPS), max_size=30).map("     ".join),
)


@given(st.lists(papers, max_size=3))
@example(["NPI \u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u0660"])
def test_no_text_breaks_the_reading_and_every_quote_stands_on_its_page(texts: list[str]) -> None:
    document = typed(*texts)
    for found in reading.read(document).values():
        page = document["pages"][found.page - 1]
        text = " ".join(word[0] for word in page["words"])
        assert found.value
        assert found.quotes
        assert all(quote and quote in text for quote in found.quotes)
        assert found.boxes
        assert all(width > 0 and height > 0 for _, _, width, height in found.boxes)


@pytest.mark.parametrize("scrap", ["A ", "massage ", "2 x ", "M54.2 ", "Rx: 2x/week\n", "1 "])
def test_a_page_full_of_the_same_is_read_in_time(scrap: str) -> None:
    document = typed(scrap * (20_000 // len(scrap)))
    begun = time.process_time()
    reading.read(document)
    assert time.process_time() - begun < 3


@pytest.mark.parametrize(
    ("lines", "value"),
    [
        ("Massage therapy 12 visits\nover 6 weeks.", "Massage therapy 12 visits over 6 weeks"),
        ("2x/week for 6 weeks\nFor questions call us", "2x/week for 6 weeks"),
        ("2x/week for 6 weeks\n\n\n\nuntil we meet", "2x/week for 6 weeks"),
        ("Cover letter\nevery other week for 12 weeks", "every other week for 12 weeks"),
    ],
)
def test_an_order_that_runs_over_its_line_is_read_on(lines: str, value: str) -> None:
    assert reading.read(typed(lines))["order_text"].value == value
