"""What the holder of a prescriber's link sees: a question, then the form. Works once."""

from __future__ import annotations

from functools import wraps
from time import time
from typing import TYPE_CHECKING, Any

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import view_log
from clinic.dates import day_or_none
from clinic.errors import DomainError
from clinic.web import throttle
from prescriptions.codes import icd10
from prescriptions.codes.selectors import check_codes
from prescriptions.prescribers import answers as rules
from prescriptions.prescribers import errors, links
from prescriptions.prescribers.by_link.forms import BirthDateForm, DeclineForm, OrderForm
from prescriptions.prescribers.selectors import today
from prescriptions.reading import sig

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from prescriptions.models import DoctorRequest

    View = Callable[..., HttpResponse]

KNOWN = "rx_known"  # session key: requests whose date of birth was entered, and when
KNOWN_SECONDS = 4 * 3600  # long enough for a form left open for a morning
SHOWN = "rx_shown"  # session key: the same requests, and when a view was last logged
DONE = "rx_done"  # session key: what was just done through a link
GONE, UNKNOWN, TOO_MANY = 410, 404, 429
# Per network in ten minutes, across all links.
OPENINGS, BIRTHS = 60, 12


def private(view: View) -> View:
    """Open to anyone with the link: throttled, never cached, never indexed."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Count only openings: hints while typing and a signature must never be throttled.
        opens = request.method != "POST"
        if opens and throttle.network_over_limit("rx:open", OPENINGS):
            return _unlisted(render(request, "429.html", status=TOO_MANY))
        try:
            return _unlisted(view(request, *args, **kwargs))
        except DomainError as refusal:
            return _unlisted(_over(request, refusal))

    return access.public(guarded)


def _unlisted(response: HttpResponse) -> HttpResponse:
    response["Cache-Control"] = "no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    # A page with a form keeps the house's "same-origin": under "no-referrer" a browser sends
    # the form with `Origin: null`, and Django rightly refuses it.
    response.headers.setdefault("Referrer-Policy", "no-referrer")
    return response


def _over(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    status = UNKNOWN if isinstance(refusal, errors.LinkUnknown) else GONE
    page = "prescriptions/prescribers/by_link/over.html"
    return render(request, page, {"refusal": refusal}, status=status)


def _with_form(
    request: HttpRequest, name: str, page_context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    page = f"prescriptions/prescribers/by_link/{name}.html"
    response = render(request, page, page_context, status=status)
    response["Referrer-Policy"] = "same-origin"
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def order(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm the patient; then the four elements, the attestation, and the signature."""
    found = links.find(token)
    if not _is_known(request, found):
        return _birth_date(request, found, token)
    if request.method != "POST":
        form = OrderForm.for_request(found, today=today())
        return _order_page(request, found, token, form)
    form = OrderForm(request.POST)
    if form.is_valid() and _signed(found, form):
        return _done(request, found, "signed")
    return _order_page(request, found, token, form, status=422)


def _signed(found: DoctorRequest, form: OrderForm) -> bool:
    """Whether it could be signed as it is; the form says what is wrong."""
    name, attested = form.cleaned_data["signature"], form.cleaned_data["attested"]
    try:
        links.sign(request=found, answers=form.answers(), name=name, attested=attested)
    except errors.Unanswered as refusal:
        form.show(refusal.problems)
        return False
    return True


def _order_page(
    request: HttpRequest,
    found: DoctorRequest,
    token: str,
    form: OrderForm,
    *,
    decline: DeclineForm | None = None,
    status: int = 200,
) -> HttpResponse:
    _note_look(request, found)
    page_context = {
        "doctor_request": found,
        "client": found.client,
        "prescriber": found.prescriber,
        "token": token,
        "form": form,
        "decline": decline or DeclineForm(prefix="decline"),
        "attestation": rules.attestation(),
        "today": today(),
    }
    return _with_form(request, "order", page_context, status=status)


def _birth_date(request: HttpRequest, found: DoctorRequest, token: str) -> HttpResponse:
    """Show nothing about the patient to anyone who cannot give their date of birth."""
    posted = request.method == "POST"
    form = BirthDateForm(request.POST if posted and "birth_date" in request.POST else None)
    if not posted:
        links.note_opening(found)
    elif throttle.network_over_limit("rx:birth", BIRTHS):
        return render(request, "429.html", status=TOO_MANY)
    if form.is_valid():
        try:
            links.check_birth_date(request=found, birth_date=form.cleaned_data["birth_date"])
        except errors.WrongBirthDate as error:
            form.add_error("birth_date", str(error))
        else:
            let_in(request, found)
            return redirect("prescriptions:rx", token)
    page_context = {"form": form, "token": token, "expires_at": found.expires_at}
    status = 422 if posted else 200
    return _with_form(request, "birth_date", page_context, status=status)


def let_in(request: HttpRequest, found: DoctorRequest) -> None:
    """This browser has said when the patient was born."""
    known = request.session.get(KNOWN, {})
    request.session[KNOWN] = {**known, str(found.pk): int(time())}


def _is_known(request: HttpRequest, found: DoctorRequest) -> bool:
    since = request.session.get(KNOWN, {}).get(str(found.pk), 0)
    return bool(time() - since < KNOWN_SECONDS)


def _note_look(request: HttpRequest, found: DoctorRequest) -> None:
    """Log once an hour. The correct date of birth was already logged as the first view."""
    shown, pk = request.session.get(SHOWN, {}), str(found.pk)
    if time() - max(shown.get(pk, 0), request.session[KNOWN][pk]) >= view_log.LIST:
        links.note_look(found)
        request.session[SHOWN] = {**shown, pk: int(time())}


def _done(request: HttpRequest, found: DoctorRequest, what: str) -> HttpResponse:
    known = request.session.get(KNOWN, {})
    request.session[KNOWN] = {pk: at for pk, at in known.items() if pk != str(found.pk)}
    request.session[DONE] = what
    return redirect("prescriptions:rx-done")


@private
@require_POST
def decline(request: HttpRequest, token: str) -> HttpResponse:
    found = links.find(token)
    if not _is_known(request, found):
        return redirect("prescriptions:rx", token)
    form = DeclineForm(request.POST, prefix="decline")
    if form.is_valid():
        links.decline(request=found, note=form.cleaned_data["note"])
        return _done(request, found, "declined")
    empty = OrderForm.for_request(found, today=today())
    return _order_page(request, found, token, empty, decline=form, status=422)


@private
@require_POST
def hints(request: HttpRequest, token: str) -> HttpResponse:
    """Hints for the words typed so far; by POST, so that none of them ends up in a URL."""
    if not _is_known(request, links.find(token)):
        raise errors.LinkUnknown
    page_context = {"part": request.POST.get("part", ""), **_order_hint(request)}
    typed = icd10.split(request.POST.get("codes", "")[:200])[: icd10.MAX_CODES]
    page_context["checked"] = [
        (verdict, rules.code_trouble(verdict), words)
        for verdict, words in check_codes(typed, today())
    ]
    return render(request, "prescriptions/prescribers/by_link/_hints.html", page_context)


def _order_hint(request: HttpRequest) -> dict[str, Any]:
    text = request.POST.get("order_text", "").strip()[:200]
    start = day_or_none(request.POST.get("starts_on")) or today()
    read = sig.read(text, start) if text else None
    unclear = rules.unclear_order()[read.why] if isinstance(read, sig.NeedsInformation) else ""
    proposal = read if isinstance(read, sig.Proposal) else None
    return {"text": text, "start": start, "proposal": proposal, "unclear": unclear}


@private
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    """Confirm what this browser just did through a link."""
    what = request.session.get(DONE)
    if what is None:
        return redirect("home")
    title = _("Thank you, it has been sent") if what == "signed" else _("Thank you for telling us")
    page = "prescriptions/prescribers/by_link/done.html"
    return render(request, page, {"title": title, "is_signed": what == "signed"})
