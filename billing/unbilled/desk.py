"""The list of what is not billed yet, and issuing what is ticked in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from billing import selectors
from billing.owed.aging import AGES
from billing.unbilled import reading, services
from billing.unbilled.forms import IssueForm
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import UNPROCESSABLE

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from billing.unbilled.services import Result

PAGE = 25
LIST = "billing/unbilled/list.html"


@access.money
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    """Visits without a receipt or superbill. A form sent twice issues the same documents once."""
    form = IssueForm(request.POST if request.method == "POST" else None)
    result = _issue(request, form) if form.is_valid() else None
    status = UNPROCESSABLE if form.errors else 200
    return render(request, LIST, {"form": form, "result": result, **_page(request)}, status=status)


def _issue(request: HttpRequest, form: IssueForm) -> Result:
    wanted: list[tuple[str, Any]] = form.cleaned_data["what"]
    user = access.user_of(request)
    ids = {pk for _kind, pk in wanted}
    rows = selectors.visits().filter(pk__in=ids)
    visits = access.seen(user, rows, "appointment__client").in_bulk()
    if len(visits) != len(ids):
        raise Http404
    pairs = [(kind, visits[pk]) for kind, pk in wanted]
    return services.issue_all(actor=user, wanted=pairs)


def _page(request: HttpRequest) -> dict[str, Any]:
    age, today = request.GET.get("age", ""), timezone.localdate()
    counts = reading.by_age(today)
    page = Paginator(reading.of_age(age, today), PAGE).get_page(request.GET.get("page"))
    rows = reading.rows(access.user_of(request), page)
    audit.listed(request, "unbilled.listed", [row.client for row in rows])
    return {
        "page": page,
        "rows": rows,
        "ages": list(zip(AGES.items(), counts, strict=True)),
        "age": age,
        "total": sum(counts),
    }
