"""What the holder of a letter's link sees: a question, then the letter, until they confirm it."""

from __future__ import annotations

from time import time
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic.audit import view_log
from clinic.documents import store as documents
from clinic.web import throttle
from prescriptions.prescribers import errors
from prescriptions.prescribers.by_link.forms import BirthDateForm
from prescriptions.prescribers.by_link.views import BIRTHS, KNOWN_SECONDS, TOO_MANY, let_in, private
from treatment.letters import content, links, services

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from treatment.models import LetterSending

KNOWN = "letter_known"  # session key: sendings whose date of birth was entered, and when
SHOWN = "letter_shown"  # session key: the same, and when a view was last logged
DONE = "letter_done"
PAGES = "treatment/letters/by_link"


def _with_form(
    request: HttpRequest, name: str, page: dict[str, Any], status: int = 200
) -> HttpResponse:
    response = render(request, f"{PAGES}/{name}.html", page, status=status)
    response["Referrer-Policy"] = "same-origin"  # see `private`: a form must say where it is from
    return response


@private
@require_http_methods(["GET", "HEAD", "POST"])
def letter(request: HttpRequest, token: str) -> HttpResponse:
    """The letter, for who knows when the patient was born."""
    found = links.find(token)
    if not _is_known(request, found):
        return _birth_date(request, found, token)
    _note_look(request, found)
    return _with_form(request, "letter", _about(found) | {"token": token})


def _about(found: LetterSending) -> dict[str, Any]:
    one, renewal = found.letter, found.renewal
    return {
        "letter": one,
        "sending": found,
        "facts": services.facts_of(one),
        "said": one.said,
        "asked": content.asked(one.said),
        "asks_for_order": content.asks_for_order(one.said),
        "is_answered": renewal is not None and renewal.status != renewal.Status.OPEN,
    }


def _birth_date(request: HttpRequest, found: LetterSending, token: str) -> HttpResponse:
    """Show nothing about the patient to anyone who cannot give their date of birth."""
    posted = request.method == "POST"
    form = BirthDateForm(request.POST if posted else None)
    if not posted:
        links.note(found, "letter.link_opened")
    elif throttle.network_over_limit("rx:birth", BIRTHS):
        return render(request, "429.html", status=TOO_MANY)
    if form.is_valid():
        try:
            links.check_birth_date(sending=found, birth_date=form.cleaned_data["birth_date"])
        except errors.WrongBirthDate as error:
            form.add_error("birth_date", str(error))
        else:
            known = request.session.get(KNOWN, {})
            request.session[KNOWN] = {**known, str(found.pk): int(time())}
            return redirect("treatment:letter-link", token)
    page = {"form": form, "expires_at": found.expires_at}
    return _with_form(request, "birth_date", page, 422 if posted else 200)


def _is_known(request: HttpRequest, found: LetterSending) -> bool:
    since = request.session.get(KNOWN, {}).get(str(found.pk), 0)
    return bool(time() - since < KNOWN_SECONDS)


def _note_look(request: HttpRequest, found: LetterSending) -> None:
    """Once an hour; entering the date of birth was the first look."""
    shown, pk = request.session.get(SHOWN, {}), str(found.pk)
    if time() - max(shown.get(pk, 0), request.session[KNOWN][pk]) >= view_log.LIST:
        links.note(found, "letter.patient_shown")
        request.session[SHOWN] = {**shown, pk: int(time())}


@private
@require_POST
def received(request: HttpRequest, token: str) -> HttpResponse:
    """The prescriber has it; the link is used up."""
    found = links.find(token)
    if not _is_known(request, found):
        return redirect("treatment:letter-link", token)
    links.receive(sending=found)
    request.session[DONE] = True
    return redirect("treatment:letter-done")


@private
@require_POST
def renew(request: HttpRequest, token: str) -> HttpResponse:
    """To the form of a new order: nothing is asked twice."""
    found = links.find(token)
    if not _is_known(request, found):
        return redirect("treatment:letter-link", token)
    made, secret = links.renew(sending=found)
    let_in(request, made)
    return redirect("prescriptions:rx", secret)


@private
@require_safe
def document(request: HttpRequest, token: str) -> HttpResponse:
    """The letter as a PDF, for the patient's file."""
    found = links.find(token)
    if not _is_known(request, found):
        return redirect("treatment:letter-link", token)
    if found.document is None:
        raise Http404
    links.note(found, "document.downloaded")
    return documents.response(found.document)


@private
@require_safe
def done(request: HttpRequest) -> HttpResponse:
    if DONE not in request.session:
        return redirect("home")
    return render(request, f"{PAGES}/done.html")
