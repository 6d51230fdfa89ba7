"""In the account: whether to be asked after visits, and an answer without a link."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages as flash
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from clinic import access
from clinic.web.form_page import act, form_page
from treatment.followups import selectors, services
from treatment.followups.forms import ChoiceForm

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

HERE = "treatment/followups/portal.html"


@require_http_methods(["GET", "HEAD", "POST"])
def choice(request: HttpRequest) -> HttpResponse:
    client, user = access.acting_client(request), access.user_of(request)
    known = selectors.choice_of(client)
    form = ChoiceForm.of(request, known)

    def save(data: dict[str, Any]) -> str:
        services.choose(actor=user, client=client, how=services.How.PORTAL, **data)
        flash.success(request, said(is_asked=data["is_asked"]))
        return "treatment:portal-progress"

    return form_page(request, form, HERE, save, context={"client": client, "known": known})


def said(*, is_asked: bool) -> str:
    return _("Saved: we will ask.") if is_asked else _("Saved: we will not ask.")


@require_POST
def tell(request: HttpRequest) -> HttpResponse:
    """One answer about the last visit."""
    client = access.acting_client(request)
    visit = selectors.last_visit(client)
    if visit is None:
        raise Http404
    user, answers = access.user_of(request), request.POST.dict()
    act(request, partial(services.tell, actor=user, visit=visit, said=answers))
    return redirect(reverse("treatment:portal-progress") + "#last-visit")
