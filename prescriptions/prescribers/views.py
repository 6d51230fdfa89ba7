"""What clients see: asking their doctor for an order, and what they share with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access, audit, documents, npi
from clinic.errors import DomainError, InvalidTransition
from clinic.models import Role
from prescriptions.models import Prescriber, Prescription, ShareConsent
from prescriptions.prescribers import errors, selectors, services
from prescriptions.prescribers.forms import SOMEBODY_NEW, AskForm, NewPrescriberForm, WhoForm

if TYPE_CHECKING:
    from django.forms import Form
    from django.http import HttpRequest

    from clinic.models import Client

CHOSEN = "asked_doctor"  # session key: whom this client is about to ask


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Which doctor: one of the client's own, or somebody they name."""
    client = access.acting_client(request)
    own = list(selectors.own_prescribers(client))
    posted = request.POST if request.method == "POST" else None
    renews = renewed(client, (posted or request.GET).get("renews"))
    form = WhoForm(own, posted, initial=_first_choice(own, renews))
    new = NewPrescriberForm(posted, initial=_as_written(renews))
    if form.is_valid() and (chosen := _choose(form, new)) is not None:
        chosen |= {"client": str(client.pk), "renews": str(renews.pk) if renews else ""}
        request.session[CHOSEN] = chosen
        return redirect("prescriptions:ask-sign")
    if posted is not None and posted.get("who") != SOMEBODY_NEW:
        new = NewPrescriberForm(initial={name: posted.get(name, "") for name in new.fields})
    context = {"client": client, "form": form, "new": new, "own": own, "renews": renews}
    status = 422 if posted is not None else 200
    return render(request, "prescriptions/prescribers/ask.html", context, status=status)


def _choose(form: WhoForm, new: NewPrescriberForm) -> dict[str, Any] | None:
    """What the session keeps of the choice; None where something is wrong with it."""
    if form.cleaned_data["who"] != SOMEBODY_NEW:
        return {"prescriber": form.cleaned_data["who"]}
    if not new.is_valid():
        return None
    fields = {name: str(value) for name, value in new.cleaned_data.items()}
    number = npi.tidy(fields["npi"])
    if number and not npi.is_valid(number):
        new.add_error("npi", str(errors.NpiInvalid.message))
        return None
    # Whoever has this number is who is meant, whatever they were called here.
    known = Prescriber.objects.filter(npi=number).first() if number else None
    return {"prescriber": str(known.pk)} if known else {"new": fields}


def _first_choice(own: list[Prescriber], renews: Prescription | None) -> dict[str, str]:
    if renews is None:
        return {}
    prescriber = selectors.of_prescription(renews)
    known = prescriber is not None and prescriber in own
    who = str(prescriber.pk) if prescriber and known else SOMEBODY_NEW
    return {"who": who, "renews": str(renews.pk)}


def _as_written(renews: Prescription | None) -> dict[str, str]:
    """The prescriber of an order from before the directory, as the order has it."""
    if renews is None or selectors.of_prescription(renews) is not None:
        return {}
    return {
        "name": renews.prescriber_name,
        "credential": renews.prescriber_credential,
        "npi": renews.prescriber_npi,
    }


def renewed(client: Client, pk: str | None) -> Prescription | None:
    """The client's own order that is to be renewed; nothing for any other id."""
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
    posted = request.POST if request.method == "POST" else None
    form = _ask_form(client, prescriber, posted)
    if form.is_valid():
        try:
            made = _ask(access.user_of(request), client, prescriber, chosen, form)
        except errors.AlreadyAsked as error:
            flash.info(request, str(error))
            return redirect("prescriptions:request", error.request.pk)
        except DomainError as error:
            show(form, error)
        else:
            del request.session[CHOSEN]
            return redirect("prescriptions:request", made.pk)
    context = {"client": client, "prescriber": prescriber, "form": form, "text": form.text}
    status = 422 if form.is_bound else 200
    return render(request, "prescriptions/prescribers/ask_sign.html", context, status=status)


def _chosen_prescriber(client: Client, chosen: dict[str, Any] | None) -> Prescriber | None:
    """Whom the session names; somebody new is not stored before there is a consent."""
    if chosen is None or chosen["client"] != str(client.pk):
        return None
    if "new" in chosen:
        fields = {name: chosen["new"].get(name, "") for name in NewPrescriberForm.base_fields}
        return Prescriber(is_checked=False, **fields)
    return Prescriber.objects.filter(pk=chosen["prescriber"], is_active=True).first()


def _ask_form(client: Client, prescriber: Prescriber, data: Any) -> AskForm:
    return AskForm(
        data,
        text=services.consent_text(client, prescriber),
        standing=selectors.consent_in_force(client, prescriber),
        minor=client.is_minor_on(selectors.today()),
    )


def _ask(
    actor: Any, client: Client, prescriber: Prescriber, chosen: dict[str, Any], form: AskForm
) -> Any:
    said = {"actor": actor, "client": client, "signature": form.signature()}
    said["note"] = form.cleaned_data["note"]
    if "new" in chosen:
        return services.ask_new(fields=chosen["new"], **said)
    renews = renewed(client, chosen["renews"])
    return services.ask(prescriber=prescriber, renews=renews, **said)


FIELD_OF = {
    errors.ConsentNeeded: "agreed",
    errors.SignatureNeeded: "name",
    errors.GuardianNeeded: "relationship",
}


def show(form: Form, error: DomainError) -> None:
    """At the field it is about, where the form has it."""
    field = FIELD_OF.get(type(error))
    if isinstance(error, errors.ConsentChanged):
        form.data = {**form.data, "text_sha256": form.initial["text_sha256"]}
    form.add_error(field if field in form.fields else None, str(error))


@require_http_methods(["GET", "HEAD", "POST"])
def request_detail(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """One request: the form to hand over, where the link went, and what came of it."""
    found = access.mine(request, selectors.requests(), request_id)
    if request.method == "POST":
        try:
            services.withdraw_request(actor=access.user_of(request), request=found)
            flash.success(request, _("The request is withdrawn."))
        except InvalidTransition as error:
            flash.warning(request, str(error))
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
        "card": selectors.card(found),
        "because": selectors.declined_because(found),
    }


@require_safe
def request_document(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """The form to sign on paper. No part of a bill: not for the biller."""
    access.not_for(request, Role.BILLER)
    found = access.own(request, selectors.requests(), request_id)
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
    consent = access.mine(request, ShareConsent.objects.all(), consent_id)
    try:
        ended = services.withdraw_consent(actor=access.user_of(request), consent=consent)
        text = _("Done. We share nothing more with this doctor.")
        ended_text = _("Done. We share nothing more with this doctor; the open request has ended.")
        flash.success(request, ended_text if ended else text)
    except InvalidTransition as error:
        flash.warning(request, str(error))
    return redirect("prescriptions:shared")
