"""Procedures the clinic bills under: their list, and one form. For managers."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages as flash
from django.db import IntegrityError, transaction
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from billing.errors import CodeTaken, NotOurs
from billing.models import Procedure
from billing.procedures import rules
from clinic import access
from clinic.audit import services as audit
from clinic.web.form_page import form_page

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import Technique, User

    ModelForm = forms.ModelForm[Procedure]
else:
    ModelForm = forms.ModelForm

PLAIN = ["code", "label", "timed", "modifiers", "position"]


class ProcedureForm(ModelForm):
    class Meta:
        model = Procedure
        fields = [*PLAIN, "techniques"]
        widgets = {"techniques": forms.CheckboxSelectMultiple}
        labels = {
            "code": gettext_lazy("Code"),
            "techniques": gettext_lazy("Minutes of these count toward it"),
            "position": gettext_lazy("Order in lists"),
        }
        help_texts = {
            "code": gettext_lazy("Five digits, from your own license to use them."),
            "modifiers": gettext_lazy(
                "Up to four with a space between, such as GP 59. For superbills."
            ),
            "position": gettext_lazy("The lowest number comes first."),
        }

    def clean(self) -> dict[str, Any]:
        """Say at its field what `save` would refuse: the configuration pages have no service."""
        data = super().clean() or self.cleaned_data
        wrong = rules.refusals(data.get("code", ""), timed=bool(data.get("timed")))
        for field, text in wrong.items():
            self.add_error(field, text)
        return data


@transaction.atomic
def save(
    *, actor: User, procedure: Procedure, techniques: Iterable[Technique], **values: Any
) -> None:
    """Add a procedure, or change it: receipts that were issued keep what they say.

    Raises:
        CodeTaken: another one has that code.
        NotOurs: a massage clinic may not bill it, or not this way.
    """
    access.require(actor, access.is_manager)
    if wrong := rules.refusals(values["code"], timed=values["timed"]):
        raise NotOurs(next(iter(wrong.values())))
    adding = procedure._state.adding
    before = {} if adding else audit.snapshot(procedure, PLAIN)
    for name, value in values.items():
        setattr(procedure, name, value)
    try:
        with transaction.atomic():
            procedure.save()
    except IntegrityError as error:  # the form checked, but someone was quicker
        raise CodeTaken from error
    procedure.techniques.set(list(techniques))
    if adding:
        audit.record(actor, "setup.procedure_added", procedure)
    else:
        audit.changed(actor, "setup.procedure_changed", procedure, before)


@access.manager
@require_safe
def listing(request: HttpRequest) -> HttpResponse:
    found = Procedure.objects.prefetch_related("techniques")
    return render(request, "billing/setup_procedures.html", {"procedures": found, "manages": True})


@access.manager
@require_http_methods(["GET", "HEAD", "POST"])
def procedure(request: HttpRequest, procedure_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Procedure, pk=procedure_id) if procedure_id else Procedure()
    heading = f"{row.code} {row.label}" if procedure_id else _("New procedure")
    form = ProcedureForm(request.POST or None, instance=row)
    page = {"heading": heading, "manages": True}
    edits = row if procedure_id else None
    keep = partial(_save, request, row)
    return form_page(
        request, form, "billing/setup_procedure.html", keep, context=page, edits=edits, field="code"
    )


def _save(request: HttpRequest, row: Procedure, data: dict[str, Any]) -> str:
    save(actor=access.user_of(request), procedure=row, **data)
    flash.success(request, _("%(code)s is saved.") % {"code": row.code})
    return "billing:procedures"
