"""The manager's month: a page, and the same as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from billing.reports import exports, reading, sections, spans
from billing.reports.forms import RangeForm
from booking.times import versions
from clinic import access
from clinic.web.form_page import UNPROCESSABLE

if TYPE_CHECKING:
    from django.http import HttpRequest

    from billing.reports.spans import Span

ALL = "all"
AGAIN = "again"  # in the URL: do not show what is kept
KEPT = 60  # seconds
KEYS = ("begins_on", "ends_on")


@access.books
@require_safe
def report(request: HttpRequest) -> HttpResponse:
    """Some days in figures: what was charged, paid and owed, by whom and where."""
    form = _form(request)
    if (span := form.span) is None:
        return render(request, "billing/reports/report.html", {"form": form}, status=UNPROCESSABLE)
    return render(
        request, "billing/reports/report.html", {"form": form, **_page(request, form, span)}
    )


@access.books
@require_safe
def download(request: HttpRequest) -> HttpResponse:
    """One of the tables, or all of them, as a file."""
    wanted = request.GET.get("table", ALL)
    form = _form(request)
    if (span := form.span) is None or wanted not in {ALL, *sections.SECTIONS}:
        raise Http404
    found = sections.of(reading.read(span.until(form.today)))
    tables = [(str(one.name), one.table) for one in found if wanted in {ALL, one.key}]
    name = f"{wanted}-{span.first}-{span.last}.csv"
    answer = HttpResponse(exports.document(tables), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _form(request: HttpRequest) -> RangeForm:
    asked = any(key in request.GET for key in KEYS)
    return RangeForm(request.GET if asked else None, today=timezone.localdate())


def _page(request: HttpRequest, form: RangeForm, span: Span) -> dict[str, Any]:
    return {
        "span": span,
        "so_far": span.last > form.today,
        "before": span.before,
        "after": span.after if span.after.first <= form.today else None,
        "this_month": spans.month_of(form.today),
        "this_year": spans.year_of(form.today),
        "body": _body(request, span, span.until(form.today)),
    }


def _body(request: HttpRequest, asked: Span, shown: Span) -> str:
    """The figures, as they were at most a minute ago, and with every change of the diary in them.

    The page says as of when, and can be asked to count again. A file is always counted.
    """
    diary = versions.read()
    days = f"{asked.first}:{asked.last}:{shown.last}"
    key = f"report:{diary.rules}:{diary.bookings}:{get_language()}:{days}"
    body: str | None = None if AGAIN in request.GET else cache.get(key)
    if body is None:
        facts = reading.read(shown, diary.rules)
        found = sections.of(facts)
        page = {"span": asked, "sections": found, "headlines": sections.headlines(found)}
        body = render_to_string("billing/reports/_body.html", {**page, "as_of": facts.as_of})
        cache.set(key, body, KEPT)
    return body
