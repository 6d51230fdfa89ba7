"""Pages of what a clinic is set up with: rooms, therapists, trainings, services, rules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from booking import selectors as diary
from booking.diary import forms, selectors
from booking.diary.changes import SaveRecord, stamp
from booking.diary.page import Editor, edit, role_of
from clinic import access
from clinic.models import Role, Room, Service, ServiceOption, Therapist, Training

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from clinic.models import BaseModel, Location

manager = access.roles(Role.MANAGER)
either = require_http_methods(["GET", "HEAD", "POST"])


@manager
@require_safe
def room_list(request: HttpRequest) -> HttpResponse:
    known = selectors.places()
    here = selectors.place(request, known)
    context = {"rooms": selectors.rooms(here), "places": known, "here": here}
    return render(request, "booking/diary/rooms.html", context | role_of(request))


@manager
@either
def room(request: HttpRequest, room_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Room, pk=room_id) if room_id else Room()
    here = row.location if room_id else selectors.place(request, selectors.places())
    form = forms.RoomForm(request.POST or None, instance=row)
    page = _Page(_("Room"), "diary:rooms", _("The room is saved."), row.name)
    return _edit(request, row, form, here, page, fixed={"location": here})


@manager
@require_safe
def therapist_list(request: HttpRequest) -> HttpResponse:
    context = {
        "therapists": selectors.therapists(),
        "trainings": Training.objects.all(),
        **role_of(request),
    }
    return render(request, "booking/diary/therapists.html", context)


@manager
@either
def therapist(request: HttpRequest, therapist_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Therapist, pk=therapist_id) if therapist_id else Therapist()
    here = selectors.place(request, selectors.places())
    form = forms.TherapistForm(request.POST or None, instance=row)
    page = _Page(_("Therapist"), "diary:therapists", _("The therapist is saved."), row.name)
    return _edit(request, row, form, here, page)


@manager
@either
def training(request: HttpRequest, training_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Training, pk=training_id) if training_id else Training()
    here = selectors.place(request, selectors.places())
    form = forms.TrainingForm(request.POST or None, instance=row)
    page = _Page(_("Training"), "diary:therapists", _("The training is saved."), row.name)
    return _edit(request, row, form, here, page, is_diary=False)


@manager
@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    context = {"services": selectors.services(), **role_of(request)}
    return render(request, "booking/diary/services.html", context)


@manager
@either
def service(request: HttpRequest, service_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Service, pk=service_id) if service_id else Service()
    here = selectors.place(request, selectors.places())
    form = forms.ServiceForm(request.POST or None, instance=row)
    page = _Page(_("Service"), "diary:services", _("The service is saved."), row.name)
    return _edit(request, row, form, here, page)


@manager
@either
def option_new(request: HttpRequest, service_id: UUID) -> HttpResponse:
    parent = get_object_or_404(Service, pk=service_id)
    return _option(request, ServiceOption(service=parent))


@manager
@either
def option(request: HttpRequest, option_id: UUID) -> HttpResponse:
    rows = ServiceOption.objects.select_related("service")
    return _option(request, get_object_or_404(rows, pk=option_id))


def _option(request: HttpRequest, row: ServiceOption) -> HttpResponse:
    here = selectors.place(request, selectors.places())
    form = forms.OptionForm(request.POST or None, instance=row)
    name = "" if row._state.adding else str(row)
    page = _Page(str(row.service), "diary:services", _("The price is saved."), name)
    page.note = _("Visits that are agreed already keep their price, their length and their time.")
    return _edit(request, row, form, here, page, fixed={"service": row.service}, is_diary=False)


@manager
@either
def rules(request: HttpRequest) -> HttpResponse:
    """How the clinic takes bookings."""
    here = selectors.place(request, selectors.places())
    row = diary.policy_of(here)
    form = forms.PolicyForm(request.POST or None, instance=row)
    page = _Page(_("Booking rules"), "diary:rules", _("The rules are saved."), _("Booking rules"))
    page.template = "booking/diary/rules.html"
    return _edit(request, row, form, here, page, fixed={"location": here}, is_diary=False)


class _Page:
    """Words and places of one record's page."""

    template = "booking/diary/record.html"
    note = ""

    def __init__(self, kind: str, back: str, said: str, name: str) -> None:
        self.kind, self.back, self.said, self.name = kind, back, said, name


def _edit(
    request: HttpRequest,
    row: BaseModel,
    form: forms.RecordForm,
    here: Location,
    page: _Page,
    *,
    fixed: dict[str, Any] | None = None,
    is_diary: bool = True,
) -> HttpResponse:
    adding = row._state.adding
    back = reverse(page.back)

    def change(shown: str) -> SaveRecord:
        return SaveRecord(
            location=here,
            shown=shown,
            row=row,
            values=form.values(),
            many=form.many(),
            fixed=fixed or {},
            is_diary=is_diary,
        )

    editor = Editor(
        template=page.template,
        form=form,
        change=change,
        stamp="" if adding else stamp([row]),
        done=back,
        said=page.said,
        context={
            "page": page,
            "adding": adding,
            "back": back,
            "here": here,
            "places": selectors.places(),
            "told": form.told(),
        },
    )
    return edit(request, editor)
