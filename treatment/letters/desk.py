"""Staff pages: which letters are due, writing one, signing, sending, and withdrawing it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.contrib import messages as flash
from django.core.exceptions import BadRequest
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.audit import view_log
from clinic.documents import store as documents
from clinic.selectors import clinic_today
from clinic.web.form_page import act, form_page
from prescriptions.models import Prescription
from prescriptions.prescribers import selectors as prescribers
from treatment.letters import content, selectors, sending, services
from treatment.letters import facts as told
from treatment.letters.errors import (
    LetterIncomplete,
    LetterNotRead,
    NothingToReport,
)
from treatment.letters.forms import LetterForm, SendForm, WithdrawForm
from treatment.models import LetterSending, ProgressLetter

if TYPE_CHECKING:
    from collections.abc import Container
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Client

OF_ORDER = "prescription__client"
GET_POST = ["GET", "HEAD", "POST"]
DRAFT, SIGNED = "treatment/letters/letter.html", "treatment/letters/signed.html"
Way = LetterSending.Way
SENT = {
    Way.LINK: _lazy("The link is on its way."),
    Way.PRINT: _lazy("Recorded as printed. The PDF is below."),
    Way.FAX: _lazy("Recorded as faxed. The PDF with its cover sheet is below."),
}


def _found(request: HttpRequest, letter_id: UUID) -> ProgressLetter:
    """One of a client whose record this login may open; nobody writes about themselves."""
    found = access.visible(request, selectors.letters(), letter_id, client_field=OF_ORDER)
    _not_own(request, found.prescription.client)
    return found


def _not_own(request: HttpRequest, client: Client) -> None:
    if access.may_act_for(request.user, client):
        raise Http404


@access.care_team
@require_safe
def letters(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's letters: due, begun, signed, sent. No word of them."""
    client = access.client(access.user_of(request), client_id)
    audit.viewed(request, client, action="letters.viewed", again=view_log.PAGE)
    agreed = prescribers.letter_consents(client)
    page = {
        "client": client,
        "due": selectors.due_of_client(client, clinic_today()),
        "orders": selectors.orders_of(client),
        "letters": [(one, sending_of(one, agreed)) for one in selectors.of_client(client)],
        "writes": access.records_treatment(request.user),
    }
    return render(request, "treatment/letters/letters.html", page)


def sending_of(letter: ProgressLetter, agreed: Container[UUID]) -> dict[str, Any]:
    """What the buttons that send it need; `agreed`: prescribers we may write to."""
    prescriber = prescribers.of_prescription(letter.prescription)
    return {
        "prescriber": prescriber,
        "is_agreed": prescriber is not None and prescriber.pk in agreed,
        "may": letter.is_signed and not letter.is_withdrawn,
        "form_token": uuid4(),
    }


@access.treatment
@require_POST
def begin(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The draft of an order's next letter."""
    order = access.visible(request, Prescription.objects.all(), prescription_id)
    _not_own(request, order.client)
    try:
        made = services.begin(actor=access.user_of(request), prescription=order)
    except NothingToReport as refusal:
        flash.error(request, str(refusal.message))
        return redirect("treatment:letters", order.client_id)
    return redirect("treatment:letter", made.pk)


@access.treatment
@require_http_methods(GET_POST)
def letter(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """The draft; once it is signed, what was signed and how it goes out."""
    found = _found(request, letter_id)
    client = found.prescription.client
    audit.viewed(request, found, action="letter.viewed", client=client, again=view_log.PAGE)
    if found.is_signed:
        if request.method == "POST":  # pressed twice, or signed elsewhere
            return redirect("treatment:letter", found.pk)
        return render(request, SIGNED, signed_page(found) | {"client": client})
    try:
        facts = services.facts_of(found)
    except NothingToReport as refusal:
        flash.error(request, str(refusal.message))
        return redirect("treatment:letters", client.pk)
    return _draft(request, found, facts)


def _draft(request: HttpRequest, found: ProgressLetter, facts: told.Facts) -> HttpResponse:
    mark = told.mark_of(facts)
    form = LetterForm(request.POST or None, said=found.said, mark=mark, initial={"seen": mark})
    page = {
        "letter": found,
        "client": found.prescription.client,
        "facts": facts,
        "sentences": [(value, content.ASKED[value]) for value, _label in content.CHOICES],
    }
    save = partial(_save, request, found, form)
    return form_page(request, form, DRAFT, save, context=page, edits=found)


def _save(
    request: HttpRequest, found: ProgressLetter, form: LetterForm, _data: dict[str, Any]
) -> HttpResponse | str:
    actor, here = access.user_of(request), reverse("treatment:letter", args=[found.pk])
    lacking = content.missing(form.words()) if "sign" in request.POST else []
    for name in lacking:
        form.add_error(name, _("Needed before the letter can be signed."))
    if lacking:
        raise LetterIncomplete(lacking)
    services.keep(actor=actor, letter=found, said=form.words())
    if "sign" not in request.POST:
        flash.success(request, _("Saved."))
        return here
    try:
        services.sign(actor=actor, letter=found, seen=form.cleaned_data["seen"])
    except LetterNotRead:
        form.show_record()
        raise
    flash.success(request, _("Signed. It can be sent now."))
    return here


def signed_page(found: ProgressLetter) -> dict[str, Any]:
    """What a page that shows a signed letter needs."""
    return {
        "letter": found,
        "facts": services.facts_of(found),
        "said": found.said,
        "asked": content.asked(found.said),
        "is_as_signed": services.is_as_signed(found),
        "sending": sending_of(found, prescribers.letter_consents(found.prescription.client)),
    }


@access.care_team
@require_POST
def send(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """By link, printed, or by fax."""
    found = _found(request, letter_id)
    form = SendForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    actor, way = access.user_of(request), Way(form.cleaned_data["way"])
    token = form.cleaned_data["form_token"]
    work = partial(sending.send, actor=actor, letter=found, way=way, form_token=token)
    act(request, work, SENT[way])
    if access.records_treatment(actor):
        return redirect("treatment:letter", found.pk)
    return redirect("treatment:letters", found.prescription.client_id)


@access.treatment
@require_http_methods(GET_POST)
def withdraw(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """A wrong letter stays, with the reason; its links open nothing more."""
    found = _found(request, letter_id)
    client = found.prescription.client
    audit.viewed(request, found, action="letter.viewed", client=client, again=view_log.PAGE)

    def save(data: dict[str, Any]) -> str:
        actor = access.user_of(request)
        services.withdraw(actor=actor, letter=found, reason=data["reason"])
        flash.success(request, _("Withdrawn. It stays in the record, and opens nothing more."))
        return reverse("treatment:letters", args=[client.pk])

    form = WithdrawForm(request.POST or None)
    page = {"letter": found, "client": client}
    return form_page(request, form, "treatment/letters/withdraw.html", save, context=page)


@access.treatment
@require_safe
def document(request: HttpRequest, sending_id: UUID) -> HttpResponse:
    """The PDF that was printed, faxed, or behind a link."""
    whose = f"letter__{OF_ORDER}"
    rows = LetterSending.objects.select_related("document", f"letter__{OF_ORDER}")
    found = access.visible(request, rows, sending_id, client_field=whose)
    client = found.letter.prescription.client
    _not_own(request, client)
    if found.document is None:
        raise Http404
    audit.record(request.user, "document.downloaded", found, client=client)
    return documents.response(found.document)
