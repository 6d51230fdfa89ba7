"""The outbox as the desk sees it: what went out and what did not, and whom to call."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from django.contrib import messages as flash
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access
from clinic.errors import DomainError
from clinic.messaging import outbox, selectors
from clinic.messaging import services as messaging
from clinic.messaging.forms import CalledForm
from clinic.models import Message
from clinic.web.form_page import act

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

PAGE = 50
MADE = 20  # calls made last, below the list


@access.desk
@require_safe
def message_list(request: HttpRequest) -> HttpResponse:
    """What went out and what did not; failures first, so that someone picks up the phone."""
    page = Paginator(selectors.outbox(), PAGE).get_page(request.GET.get("page"))
    context = {
        "messages_page": page,
        "need_attention": selectors.need_attention(),
        "calls": selectors.count_calls(),
    }
    return render(request, "clinic/messaging/messages.html", context)


@access.desk
@require_safe
def message_count(request: HttpRequest) -> HttpResponse:
    """The count shown in the navigation."""
    context = {"count": selectors.waiting_count()}
    return render(request, "clinic/messaging/_count.html", context)


@access.desk
@require_POST
def message_retry(request: HttpRequest, message_id: UUID) -> HttpResponse:
    message = access.visible(request, Message.objects.all(), message_id)
    try:
        outbox.retry(actor=access.user_of(request), message=message)
        flash.success(request, _("The message is on its way again."))
    except DomainError as refusal:
        flash.error(request, str(refusal.message))
    return redirect("message-list")


@access.desk
@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """Whom to call, why and by when; below it the calls made last."""
    now = timezone.now()
    page = Paginator(selectors.calls_to_make(now), PAGE).get_page(request.GET.get("page"))
    context = {
        "calls_page": page,
        "rows": selectors.call_rows(page, now),
        "made": selectors.call_rows(selectors.calls_made()[:MADE], now),
        "need_attention": selectors.need_attention(),
        "calls": page.paginator.count,
    }
    return render(request, "clinic/messaging/calls.html", context)


@access.desk
@require_POST
def called(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """What came of a call."""
    message = access.visible(request, Message.objects.all(), message_id)
    form = CalledForm(request.POST)
    if not form.is_valid():
        raise BadRequest
    work = partial(messaging.note_call, actor=access.user_of(request), message=message)
    act(request, partial(work, **form.cleaned_data), form.done)
    return redirect("call-list")


@access.desk
@require_POST
def call_again(request: HttpRequest, message_id: UUID) -> HttpResponse:
    """It was marked as made by mistake."""
    message = access.visible(request, Message.objects.all(), message_id)
    work = partial(messaging.call_again, actor=access.user_of(request), message=message)
    act(request, work, _("The call is on the list again."))
    return redirect("call-list")
