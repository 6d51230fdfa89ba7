"""What a receipt and a note cost to print, and that a worker that prints many does not grow.

Four pages in turn, so that a noisy minute affects them equally: the receipt as clients get it; the
same without tags, logo, QR code and attachment; a bare page with a title and a ten-row table; a
treatment note with a correction and two addenda.
"""

from __future__ import annotations

import io
import re
import resource
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from statistics import median
from time import process_time
from types import SimpleNamespace

ROUNDS = 15
WARM = 200  # documents after which nothing should be new to the worker
DOCUMENTS, EVERY = 2000, 200
STYLESHEET = "css/billing-pdf.css"
NOTE_STYLESHEET = "css/note-pdf.css"
SAID = "Upper trapezius and levator tight on both sides, the right one tender to pressure. " * 2


def receipt_page() -> str:
    from django.template.loader import render_to_string

    line = SimpleNamespace(
        service_on=date(2026, 11, 24),
        description="Hands-on manual therapy",
        minutes=40,
        units=3,
        list_cents=7500,
        discount_cents=750,
        net_cents=6750,
        is_eligible=True,
    )
    sums = dict.fromkeys(("list_cents", "net_cents", "paid_cents", "supported_cents"), 13500)
    receipt = SimpleNamespace(
        kind="receipt",
        title="Receipt 2026-00118",
        get_kind_display="Receipt",
        number="2026-00118",
        issued_at=datetime(2026, 11, 24, 15, tzinfo=UTC),
        verify_code="K7QM-4TZD-ACDE",
        **sums,
        discount_cents=1500,
        balance_cents=0,
        credit_cents=0,
    )
    paid = {"method": "HSA card", "reference": "4242", "amount_cents": 13500}
    copy = {
        "clinic": {
            "name": "Stillwater Medical Massage",
            "legal_name": "Stillwater Medical Massage LLC",
            "street": "12 Mill Street",
            "city": "Rhinebeck, NY 12572",
            "phone": "(845) 555-0100",
            "email": "hello@stillwater.example",
            "ein": "12-3456789",
        },
        "therapist": {"name": "Dana Ruiz", "credential": "LMT", "license": "NY 027-014455"},
        "patient": {"name": "Ana Lima"},
        "service": "Medical massage",
        "prescriber": {"name": "Kofi Osei", "credential": "MD", "written_on": "2026-11-18"},
        "payments": [paid | {"paid_on": "2026-11-24"}],
    }
    context = {
        "document": receipt,
        "lines": [line, line],
        "copy": copy,
        "has_other": False,
        "verify_url": "https://clinic.example/verify/",
        "check_url": "https://clinic.example/verify/#2026-00118/K7QM-4TZD-ACDE",
        "logo": SimpleNamespace(words="Two waves"),
    }
    return render_to_string("billing/pdf/receipt.html", context)


def note_page() -> str:
    """As `treatment.notes.sheet` makes it: every field said, a body drawn twice."""
    from django.template.loader import render_to_string

    from prescriptions import areas
    from treatment.notes.content import TREATMENT, Section

    at = datetime(2026, 11, 24, 15, tzinfo=UTC)
    rows = [
        SimpleNamespace(technique=SimpleNamespace(name=name), minutes=minutes)
        for name, minutes in (("Neuromuscular", 40), ("Relaxation strokes", 13))
    ]
    therapist = SimpleNamespace(title="Dana Ruiz, LMT", license_number="027-014455")
    order = SimpleNamespace(
        authorized=12,
        prescriber_name="Kofi Osei",
        prescriber_credential="MD",
        issued_on=date(2026, 11, 18),
        order_text="2 sessions per week for 6 weeks",
    )
    entry = SimpleNamespace(
        row=SimpleNamespace(
            by=SimpleNamespace(display_name="Dana Ruiz"),
            get_kind_display="Corrected",
            at=at,
            reason="Read off the wrong clock",
        ),
        lines=["Neuromuscular 43 to 40 min"],
    )
    told = SimpleNamespace(
        sections=[
            (section, [(one, SAID) for one in TREATMENT if one.section == section])
            for section in Section
        ],
        minutes=53,
        order_number=3,
        corrections=[entry],
        addenda=[
            SimpleNamespace(number=number, text=SAID, name=therapist.title, at=at)
            for number in (1, 2)
        ],
        treated=areas.drawing(areas.known(["back-loin-left", "front-knee-right"])),
        hurts=areas.drawing(areas.known(["back-loin-left"])),
        short_hash="3fa9c01b77e2",
        is_as_signed=True,
        changed_at=at,
    )
    appointment = SimpleNamespace(
        starts_at=at,
        reservation=SimpleNamespace(prescription=order),
        option=SimpleNamespace(minutes=60, service=SimpleNamespace(name="Medical massage")),
    )
    visit = SimpleNamespace(
        status="finished",
        started_at=at,
        stopped_at=at,
        therapist=therapist,
        minutes=SimpleNamespace(all=rows),
    )
    context = {
        "told": told,
        "note": SimpleNamespace(signed_name=therapist.title, signed_at=at),
        "visit": visit,
        "appointment": appointment,
        "client": SimpleNamespace(name="Ana Lima", birth_date=date(1981, 4, 12)),
        "clinic": SimpleNamespace(name="Stillwater", legal_name="Stillwater LLC", timezone="UTC"),
        "logo": SimpleNamespace(words="Two waves"),
    }
    return render_to_string("treatment/notes/pdf.html", context)


def bare_page() -> str:
    row = "<tr><td>Nov 24, 2026</td><td>Manual therapy</td><td>40</td><td>$75.00</td></tr>"
    return (
        '<html lang="en"><head><title>A page</title></head><body><h1>A page</h1>'
        f"<table>{row * 10}</table></body></html>"
    )


@lru_cache(maxsize=1)
def logo() -> bytes:
    from PIL import Image, ImageDraw

    out = io.BytesIO()
    made = Image.new("RGB", (480, 160), "white")
    pen = ImageDraw.Draw(made)
    pen.ellipse((10, 10, 150, 150), fill="#0e655d")
    pen.text((170, 50), "Stillwater", fill="#0e655d", font_size=60)
    made.save(out, "PNG", optimize=True)
    return out.getvalue()


def whole() -> None:
    from clinic.documents import printing

    printing.render(
        receipt_page(),
        stylesheet=STYLESHEET,
        seed=b"receipt",
        attached=[printing.Attached("receipt.json", b'{"number": 1}' * 100, "For programs")],
        pictures={"logo": logo()},
    )


def note() -> None:
    from clinic.documents import printing

    printing.render(
        note_page(), stylesheet=NOTE_STYLESHEET, seed=b"note", pictures={"logo": logo()}
    )


def plain() -> None:
    _untagged(_without_extras(receipt_page()), styled=True)


def bare() -> None:
    _untagged(bare_page(), styled=False)


def _without_extras(page: str) -> str:
    page = re.sub(r'<div class="point">.*?</div>', "", page, flags=re.DOTALL)
    return re.sub(r"<img[^>]*>", "", page)


def _untagged(page: str, *, styled: bool) -> None:
    from weasyprint import HTML

    from clinic.documents import printing

    rules = [printing._rules(STYLESHEET, "break-word")] if styled else []
    document = HTML(string=page).render(font_config=printing.our_fonts(), stylesheets=rules)
    document.write_pdf()


def times(rounds: int = ROUNDS) -> dict[str, float]:
    """The median seconds of the processor for each page."""
    pages = {"receipt": whole, "plain_receipt": plain, "bare_page": bare, "note": note}
    spent: dict[str, list[float]] = {name: [] for name in pages}
    for one in pages.values():
        one()  # a warm worker
    for _round in range(rounds):
        for name, one in pages.items():
            since = process_time()
            one()
            spent[name].append(process_time() - since)
    return {name: median(each) for name, each in spent.items()}


def resident() -> float:
    """MiB of this process that are in memory."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:  # not Linux: the peak, which is flat as well if nothing grows
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 2**20


def memory(documents: int = DOCUMENTS, every: int = EVERY) -> list[float]:
    """MiB of a worker, warm at first, then after each `every` of so many documents."""
    found = []
    for number in range(WARM + documents + 1):
        if number >= WARM and (number - WARM) % every == 0:
            found.append(round(resident(), 1))
        whole()
    return found


def measure_times(rounds: int = ROUNDS) -> dict[str, float]:
    found = times(rounds)
    return {
        "receipt_ms": round(found["receipt"] * 1000, 1),
        "to_plain": round(found["receipt"] / found["plain_receipt"], 2),
        "to_bare": round(found["receipt"] / found["bare_page"], 2),
        "note_to_receipt": round(found["note"] / found["receipt"], 2),
    }
