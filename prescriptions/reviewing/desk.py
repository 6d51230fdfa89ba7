"""What staff see: the queue, the rule about a second person, and the review of one document."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from clinic import access
from clinic.audit import services as audit
from clinic.errors import DomainError, InvalidTransition
from clinic.format import us_date
from clinic.selectors import location
from clinic.web.form_page import act, form_page
from prescriptions import selectors as prescriptions
from prescriptions.errors import AnotherCopy, Incomplete
from prescriptions.reviewing import second, selectors, services
from prescriptions.reviewing.forms import PolicyForm, RefusalForm, ReviewForm

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import User
    from prescriptions.models import Prescription

SHOWN = 25  # per list next to the queue


@access.desk
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """The whole page, or only its table, which polls for who has what open."""
    context = _table(request)
    shown = [line.prescription.client for line in context["lines"]]
    if "HX-Request" in request.headers:
        audit.listed(request, "prescriptions.listed", shown)
        return render(request, "prescriptions/reviewing/_queue.html", context)
    today = prescriptions.clinic_today()
    context["waiting"] = selectors.queue_lines(selectors.waiting_for_client()[:SHOWN], today)
    context["renewals"] = prescriptions.cards_of(prescriptions.renewals_due(today)[:SHOWN], today)
    shown += [line.prescription.client for line in context["waiting"]]
    shown += [card.prescription.client for card in context["renewals"]]
    audit.listed(request, "prescriptions.listed", shown)
    return render(request, "prescriptions/reviewing/queue.html", context)


def _table(request: HttpRequest) -> dict[str, Any]:
    order = request.GET.get("order", "")
    order = order if order == selectors.OLDEST else selectors.SOONEST
    page = selectors.queue_page(order, request.GET.get("page"))
    lines = selectors.queue_lines(page, prescriptions.clinic_today())
    return {"order": order, "page": page, "lines": lines}


@access.care_team
@require_safe
def queue_count(request: HttpRequest) -> HttpResponse:
    """The count shown in the navigation."""
    return render(
        request, "prescriptions/reviewing/_count.html", {"count": selectors.queue_count()}
    )


@access.desk
@require_POST
def put_back(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Leave it undecided for anyone else: back to the queue, or on to the next one."""
    user = access.user_of(request)
    prescription = access.visible(request, prescriptions.detailed(), prescription_id)
    services.unclaim(actor=user, prescription=prescription)
    following = None
    if "next" in request.POST:
        following = selectors.next_to_review(user, prescription, skip=True)
    if following is None:
        return redirect("prescriptions:queue")
    return redirect("prescriptions:review", following.pk)


@access.desk
@require_POST
def take_over(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """Take over one that a colleague left open."""
    prescription = access.visible(request, prescriptions.detailed(), prescription_id)
    services.claim(actor=access.user_of(request), prescription=prescription, take_over=True)
    return redirect("prescriptions:review", prescription.pk)


@access.desk
@require_POST
def reopen(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The missing piece came by phone or fax."""
    prescription = access.visible(request, prescriptions.detailed(), prescription_id)
    again = partial(services.reopen, actor=access.user_of(request), prescription=prescription)
    act(request, again)
    return redirect("prescriptions:review", prescription.pk)


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def policy(request: HttpRequest) -> HttpResponse:
    """Whether a second person must agree for claims, and what that means today."""
    place = location()
    kept = second.policy_of(place)
    initial = {"needed": kept.second_person_for_claims, "request_days": kept.request_days}
    form = PolicyForm(request.POST if request.method == "POST" else None, initial=initial)

    def save(data: dict[str, Any]) -> str:
        second.decide(actor=access.user_of(request), place=place, **data)
        flash.success(request, _("Rules saved."))
        return "prescriptions:queue"

    page, context = "prescriptions/reviewing/policy.html", {"effect": second.effect()}
    edits = None if kept._state.adding else kept
    return form_page(request, form, page, save, context=context, edits=edits)


@access.staff
@require_http_methods(["GET", "HEAD", "POST"])
def review(request: HttpRequest, prescription_id: UUID) -> HttpResponse:
    """The document next to the form, or next to the record once decided."""
    prescription = access.visible(request, prescriptions.detailed(), prescription_id)
    if request.method == "POST":
        return _decide(request, prescription)
    user = access.user_of(request)
    if access.works_at_desk(user):
        services.claim(actor=user, prescription=prescription)
    audit.viewed(request, prescription)
    if prescription.first_reading is not None:
        form = ReviewForm.checking(prescription.first_reading)
    else:
        form = ReviewForm.proposing(selectors.read_document(prescription))
    return _review_page(request, prescription, form, RefusalForm())


def _decide(request: HttpRequest, prescription: Prescription) -> HttpResponse:
    user = access.user_of(request)
    if not access.works_at_desk(user):
        raise PermissionDenied
    decision = request.POST.get("decision", "approve")
    form = ReviewForm(request.POST)
    refusal = RefusalForm(request.POST if decision in {"ask", "reject"} else None)
    try:
        if decision == "read":
            return _review_page(request, prescription, form.with_proposal(), refusal)
        _expect_same_copy(request, prescription)
        if decision in {"ask", "reject"} and refusal.is_valid():
            refuse = services.ask_for_information if decision == "ask" else services.reject
            reason, note = refusal.cleaned_data["refusal"], refusal.cleaned_data["note"]
            refuse(actor=user, prescription=prescription, reason=reason, note=note)
            flash.success(request, _("Done. We are letting the client know."))
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


def _expect_same_copy(request: HttpRequest, prescription: Prescription) -> None:
    """The page showed the document that is decided on."""
    current = str(prescription.document_id)
    if request.POST.get("document", current) != current:
        raise AnotherCopy


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
    today = prescriptions.clinic_today()
    may_review = access.works_at_desk(user)
    open_here = prescription.status == prescription.Status.SUBMITTED and may_review
    holder = selectors.queue_lines([prescription], today)[0].holder
    context: dict[str, Any] = {
        "prescription": prescription,
        "client": prescription.client,
        "card": prescriptions.card(prescription, today),
        # Only reviewers need to see whose prescriptions are waiting.
        "queue": selectors.queue_lines(selectors.queue()[:50], today) if may_review else [],
        "numbers": range(1, (prescription.document.pages or 0) + 1),
        "held_by": holder if holder != user else None,
        "may_review": may_review,
    }
    if open_here:
        context |= _open(prescription, user, form, today) | {"refusal": refusal}
    else:
        context["entries"] = prescriptions.ledger(prescription)
        context["sums"] = prescriptions.sums(prescription, context["entries"], today)
    return render(request, "prescriptions/reviewing/review.html", context, status=status)


def _open(prescription: Prescription, user: User, form: ReviewForm, today: date) -> dict[str, Any]:
    """What the form shows next to its fields."""
    if form.is_bound:  # after an error, each field still shows the words it was read from
        form.explain(selectors.read_document(prescription))
    assessment = selectors.assess(prescription, form.current_elements(), today)
    return {
        "form": form,
        "earlier": [prescriptions.card(one, today) for one in selectors.earlier(prescription)],
        "checks": form.checks(claim=assessment.context.is_claim),
        "assessment": assessment,
        "was_first": prescription.first_reviewer == user and second.is_needed(prescription.client),
    }
