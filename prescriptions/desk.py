"""What staff see: the review, and one client's prescriptions. The queue: `desk_queue`."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from clinic import access, audit, looks
from clinic.errors import DomainError, InvalidTransition
from clinic.templatetags.clinic_format import us_date
from prescriptions import receiving, second, selectors, services
from prescriptions.errors import Incomplete
from prescriptions.forms import DeskUploadForm, RefusalForm, ReviewForm
from prescriptions.models import Prescription
from prescriptions.second import REVIEWERS
from prescriptions.views import go, progress_page, upload_form

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import User


@access.anyone_here
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The document beside the form; once decided, beside the record."""
    prescription = access.own(request, selectors.detailed(), prescription_id)
    if request.method == "POST":
        return _decide(request, prescription)
    user = access.user_of(request)
    if user.role in REVIEWERS:
        services.claim(actor=user, prescription=prescription)
    audit.viewed(request, prescription)
    if prescription.first_reading is not None:
        form = ReviewForm.checking(prescription.first_reading)
    else:
        form = ReviewForm.proposing(selectors.read_document(prescription))
    return _review_page(request, prescription, form, RefusalForm())


def _decide(request: HttpRequest, prescription: Prescription) -> HttpResponse:
    user = access.user_of(request)
    if user.role not in REVIEWERS:
        raise PermissionDenied
    decision = request.POST.get("decision", "approve")
    form = ReviewForm(request.POST)
    refusal = RefusalForm(request.POST if decision in {"ask", "reject"} else None)
    try:
        if decision == "read":
            return _review_page(request, prescription, form.with_proposal(), refusal)
        if decision in {"ask", "reject"} and refusal.is_valid():
            act = services.ask_for_information if decision == "ask" else services.reject
            reason, note = refusal.cleaned_data["refusal"], refusal.cleaned_data["note"]
            act(actor=user, prescription=prescription, reason=reason, note=note)
            flash.success(request, _("Done. The client is being told."))
            return _open_next(request, prescription)
        if decision == "approve" and form.is_valid():
            done = services.approve(
                actor=user,
                prescription=prescription,
                elements=form.elements(),
                as_second=bool(request.POST.get("as_second")),
            )
            flash.success(request, _approved(done))
            return _open_next(request, prescription)
    except Incomplete as error:
        form.show(error.problems)
    except InvalidTransition as error:
        flash.warning(request, str(error))
        return redirect("prescriptions:review", prescription.pk)
    except DomainError as error:
        form.add_error(None, str(error))
    return _review_page(request, prescription, form, refusal, status=422)


def _approved(prescription: Prescription) -> str:
    if prescription.status == prescription.Status.SUBMITTED:
        return _("Checked. It stays in the queue until a second person agrees.")
    return _("Approved: %(visits)s visits through %(day)s.") % {
        "visits": prescription.authorized,
        "day": us_date(prescription.through_on),
    }


def _open_next(request: HttpRequest, done: Prescription) -> HttpResponse:
    following = selectors.next_to_review(access.user_of(request), after=done)
    if following is None:
        return redirect("prescriptions:queue")
    return redirect("prescriptions:review", following.pk)


def _review_page(
    request: HttpRequest,
    prescription: Prescription,
    form: ReviewForm,
    refusal: RefusalForm,
    *,
    status: int = 200,
) -> HttpResponse:
    user = access.user_of(request)
    today = selectors.clinic_today()
    may_review = user.role in REVIEWERS
    open_here = prescription.status == prescription.Status.SUBMITTED and may_review
    holder = selectors.lines([prescription], today)[0].holder
    context: dict[str, Any] = {
        "prescription": prescription,
        "client": prescription.client,
        "card": selectors.card(prescription, today),
        # Whose prescriptions wait concerns those who review them.
        "queue": selectors.lines(selectors.queue()[:50], today) if may_review else [],
        "numbers": range(1, (prescription.document.pages or 0) + 1),
        "held_by": holder if holder != user else None,
        "may_review": may_review,
    }
    if open_here:
        context |= _open(prescription, user, form, today) | {"refusal": refusal}
    else:
        context["entries"] = selectors.ledger(prescription)
        context["sums"] = selectors.sums(prescription, context["entries"], today)
    return render(request, "prescriptions/review.html", context, status=status)


def _open(prescription: Prescription, user: User, form: ReviewForm, today: date) -> dict[str, Any]:
    """What the form shows beside its fields."""
    if form.is_bound:  # after a refusal the words it was read from still stand below each field
        form.explain(selectors.read_document(prescription))
    judged = selectors.judged(prescription, form.as_it_stands(), today)
    return {
        "form": form,
        "earlier": [selectors.card(one, today) for one in selectors.earlier(prescription)],
        "checks": form.checks(claim=judged.around.is_claim),
        "judged": judged,
        "was_first": prescription.first_reviewer == user and second.is_needed(prescription.client),
    }


@access.anyone_here
@require_safe
def client_panel(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A client's prescriptions, for the record at the desk."""
    client = access.client(access.user_of(request), client_id)
    part = "HX-Request" in request.headers
    audit.viewed(request, client, action="prescriptions.viewed", part=part)
    context = {
        "client": client,
        "cards": selectors.cards(client, timezone.localdate()),
        "uploads": selectors.open_uploads(client),
        "may_upload": access.user_of(request).role in REVIEWERS,
    }
    name = "_client_panel" if part else "client"
    return render(request, f"prescriptions/{name}.html", context)


@access.desk
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest, client_id: UUID) -> HttpResponse:
    """A paper handed over at the desk: scanned or photographed here."""
    user = access.user_of(request)
    client = access.client(user, client_id)
    audit.viewed(request, client, action="prescriptions.viewed", again=looks.PAGE)
    asked = selectors.asked(client, timezone.localdate())
    form = upload_form(request, client, partial(DeskUploadForm, asked=asked))
    if form.is_valid():
        try:
            source = Prescription.Source.DESK
            sent = receiving.receive(actor=user, client=client, source=source, **form.sent())
        except DomainError as error:
            form.add_error("document", str(error))
        else:
            return go(request, resolve_url("prescriptions:desk-upload-progress", sent.pk))
    context = {"client": client, "form": form}
    template = "prescriptions/desk_upload.html"
    if form.is_bound and "HX-Request" in request.headers:
        template = "prescriptions/_upload_errors.html"
    return render(request, template, context, status=422 if form.is_bound else 200)


@access.desk
@require_safe
def upload_progress(request: HttpRequest, upload_id: UUID) -> HttpResponse:
    """How far the check of a scan has come; then on to its review."""
    sent = access.own(request, selectors.uploads(), upload_id)
    audit.viewed(request, sent, again=looks.PAGE)
    return progress_page(
        request,
        sent,
        page="prescriptions/desk_upload_progress.html",
        ready="prescriptions:review",
        again=resolve_url("prescriptions:desk-upload", sent.client_id),
    )
