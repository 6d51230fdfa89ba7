"""Pages for clients: asking their doctor for an order, and what they share with whom."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.ids import npi
from clinic.web.form_page import UNPROCESSABLE, act, form_page
from prescriptions.models import Prescriber, Prescription, ShareConsent
from prescriptions.prescribers import directory, errors, selectors, services
from prescriptions.prescribers.forms import SOMEONE_ELSE, AskForm, NewPrescriberForm, WhoForm

if TYPE_CHECKING:
    from django.http import HttpRequest, QueryDict

    from clinic.models import Client

ASK = "prescriptions/prescribers/ask.html"
ASK_SIGN = "prescriptions/prescribers/ask_sign.html"
CHOSEN = "asked_doctor"  # session key: which doctor this client is about to ask


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Which doctor: one of the client's own, or a new one they name."""
    client = access.acting_client(request)
    posted = request.POST if request.method == "POST" else None
    renews = renewed(client, (posted or request.GET).get("renews"))
    own = list(selectors.own_prescribers(client))
    form, new = _who_forms(posted, own, renews)
    if form.is_valid() and (chosen := _choose(form, new)) is not None:
        chosen |= {"client": str(client.pk), "renews": str(renews.pk) if renews else ""}
        request.session[CHOSEN] = chosen
        return redirect("prescriptions:ask-sign")
    context = {"client": client, "form": form, "new": new, "own": own, "renews": renews}
    return render(request, ASK, context, status=200 if posted is None else UNPROCESSABLE)


def _who_forms(
    posted: QueryDict | None, own: list[Prescriber], renews: Prescription | None
) -> tuple[WhoForm, NewPrescriberForm]:
    """Which doctor, and the fields of a new one: checked only if that is the choice."""
    form = WhoForm(own, posted, initial=_first_choice(own, renews))
    if posted is None:
        return form, NewPrescriberForm(initial=_as_written(renews))
    if posted.get("who") == SOMEONE_ELSE:
        return form, NewPrescriberForm(posted)
    typed = {name: posted.get(name, "") for name in NewPrescriberForm.base_fields}
    return form, NewPrescriberForm(initial=typed)


def _choose(form: WhoForm, new: NewPrescriberForm) -> dict[str, Any] | None:
    """What the session stores of the choice; None if something is wrong with it."""
    if form.cleaned_data["who"] != SOMEONE_ELSE:
        return {"prescriber": form.cleaned_data["who"]}
    if not new.is_valid():
        return None
    fields = {name: str(value) for name, value in new.cleaned_data.items()}
    number = npi.tidy(fields["npi"])
    if number and not npi.is_valid(number):
        new.add_error("npi", str(errors.NpiInvalid.message))
        return None
    # The prescriber with this NPI is the one meant, whatever name was typed.
    known = Prescriber.objects.filter(npi=number).first() if number else None
    return {"prescriber": str(known.pk)} if known else {"new": fields}


def _first_choice(own: list[Prescriber], renews: Prescription | None) -> dict[str, str]:
    if renews is None:
        return {}
    prescriber = selectors.of_prescription(renews)
    known = prescriber is not None and prescriber in own
    who = str(prescriber.pk) if prescriber and known else SOMEONE_ELSE
    return {"who": who, "renews": str(renews.pk)}


def _as_written(renews: Prescription | None) -> dict[str, str]:
    """The prescriber of an order older than the directory, as the order has it."""
    if renews is None or selectors.of_prescription(renews) is not None:
        return {}
    return {
        "name": renews.prescriber_name,
        "credential": renews.prescriber_credential,
        "npi": renews.prescriber_npi,
    }


def renewed(client: Client, pk: str | None) -> Prescription | None:
    """The client's own order to renew; None for any other id."""
    try:
        return client.prescriptions.filter(pk=UUID(pk or "")).first()
    except ValueError:
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def ask_sign(request: HttpRequest) -> HttpResponse:
    """The text to agree to, the note, and the signature."""
    client = access.acting_client(request)
    chosen = request.session.get(CHOSEN)
    prescriber = _chosen_prescriber(client, chosen)
    if chosen is None or prescriber is None:
        return redirect("prescriptions:ask")
    form = _ask_form(client, prescriber, request.POST if request.method == "POST" else None)

    def save(_data: dict[str, Any]) -> HttpResponse:
        return _ask(request, client, prescriber, chosen, form)

    context = {"client": client, "prescriber": prescriber, "text": form.text}
    return form_page(request, form, ASK_SIGN, save, context=context)


def _chosen_prescriber(client: Client, chosen: dict[str, Any] | None) -> Prescriber | None:
    """Which doctor the session names; a new one is not stored before there is a consent."""
    if chosen is None or chosen["client"] != str(client.pk):
        return None
    if "new" in chosen:
        fields = {name: chosen["new"].get(name, "") for name in directory.FIELDS}
        return Prescriber(is_checked=False, **fields)
    return Prescriber.objects.filter(pk=chosen["prescriber"], is_active=True).first()


def _ask_form(client: Client, prescriber: Prescriber, data: Any) -> AskForm:
    return AskForm(
        data,
        text=services.consent_text(client, prescriber),
        current=selectors.letter_consent(client, prescriber),
        minor=client.is_minor_on(selectors.today()),
    )


def _ask(
    request: HttpRequest,
    client: Client,
    prescriber: Prescriber,
    chosen: dict[str, Any],
    form: AskForm,
) -> HttpResponse:
    user, note = access.user_of(request), form.cleaned_data["note"]
    said = {"actor": user, "client": client, "signature": form.signature(), "note": note}
    try:
        if "new" in chosen:
            made = services.ask_new(fields=chosen["new"], **said)
        else:
            renews = renewed(client, chosen["renews"])
            made = services.ask(prescriber=prescriber, renews=renews, **said)
    except errors.ConsentChanged:
        form.show_new_text()
        raise
    except errors.AlreadyAsked as error:
        flash.info(request, str(error))
        return redirect("prescriptions:request", error.request.pk)
    del request.session[CHOSEN]
    return redirect("prescriptions:request", made.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def request_detail(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: the form to hand over, where the link went, and what came of it."""
    found = access.own(request, selectors.requests(), request_id)
    if request.method == "POST":
        withdraw = partial(services.withdraw_request, actor=access.user_of(request), request=found)
        act(request, withdraw, _("Request withdrawn."))
        return redirect("prescriptions:request", found.pk)
    part = "HX-Request" in request.headers
    audit.viewed(request, found, part=part)
    if part:
        return render(request, "prescriptions/prescribers/_form.html", {"doctor_request": found})
    return render(request, "prescriptions/prescribers/request.html", request_context(found))


def request_context(found: Any) -> dict[str, Any]:
    return {
        "doctor_request": found,
        "client": found.client,
        "card": selectors.request_card(found),
        "because": selectors.declined_because(found),
    }


@require_safe
def request_document(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The paper form to sign. Not part of billing, so billers cannot see it."""
    access.require_no_biller(request)
    found = access.visible(request, selectors.requests(), request_id)
    if found.document is None:
        raise Http404
    audit.record(request.user, "document.downloaded", found)
    return documents.response(found.document)


@require_safe
def shared(request: HttpRequest) -> HttpResponse:
    """Shared with my doctors: consents and requests."""
    client = access.acting_client(request)
    context = {
        "client": client,
        "clients": access.clients_for(request.user),
        "consents": list(selectors.consents_in_force(client).values()),
        "cards": selectors.requests_of(client),
    }
    return render(request, "prescriptions/prescribers/shared.html", context)


@require_POST
def withdraw_consent(request: HttpRequest, consent_id: UUID) -> HttpResponse:
    consent = access.own(request, ShareConsent.objects.all(), consent_id)

    def withdraw() -> str:
        ended = services.withdraw_consent(actor=access.user_of(request), consent=consent)
        if ended:
            return _(
                "Done. We will share nothing more with this doctor; the open request has ended."
            )
        return _("Done. We will share nothing more with this doctor.")

    act(request, withdraw)
    return redirect("prescriptions:shared")
