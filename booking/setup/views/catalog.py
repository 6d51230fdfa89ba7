"""Pages for setting up a clinic: rooms, therapists, trainings, services, rules."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _text
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from booking import selectors as diary
from booking.setup import forms, selectors
from booking.setup.changes import SaveRecord
from booking.setup.page import Editor, edit, list_page, role_of
from clinic import access
from clinic.models import Room, Service, ServiceOption, Therapist, Training

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

    from clinic.models import BaseModel, Location

either = require_http_methods(["GET", "HEAD", "POST"])


@dataclass(frozen=True, slots=True)
class Kind:
    """Rows of one table, and the words of their page."""

    form: type[forms.RecordForm]
    tab: str  # with the list of them
    name: StrOrPromise
    said: StrOrPromise


ROOM = Kind(forms.RoomForm, "rooms", _("Room"), _("The room is saved."))
THERAPIST = Kind(forms.TherapistForm, "therapists", _("Therapist"), _("The therapist is saved."))
TRAINING = Kind(forms.TrainingForm, "therapists", _("Training"), _("The training is saved."))
SERVICE = Kind(forms.ServiceForm, "services", _("Service"), _("The service is saved."))
PRICE = Kind(forms.OptionForm, "services", _("Price"), _("The price is saved."))
RULES = Kind(forms.PolicyForm, "rules", _("Booking rules"), _("The rules are saved."))


@access.manager
@require_safe
def room_list(request: HttpRequest) -> HttpResponse:
    return list_page(
        request, "booking/setup/rooms.html", lambda here: {"rooms": selectors.rooms(here)}
    )


@access.manager
@require_safe
def therapist_list(request: HttpRequest) -> HttpResponse:
    context = {"therapists": selectors.therapists(), "trainings": Training.objects.all()}
    return render(request, "booking/setup/therapists.html", context | role_of(request))


@access.manager
@require_safe
def service_list(request: HttpRequest) -> HttpResponse:
    context = {"services": selectors.services(), **role_of(request)}
    return render(request, "booking/setup/services.html", context)


@access.manager
@either
def room(request: HttpRequest, room_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Room, pk=room_id) if room_id else Room(location=_here(request))
    return _edit(request, ROOM, row, row.location, location=row.location)


@access.manager
@either
def therapist(request: HttpRequest, therapist_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Therapist, pk=therapist_id) if therapist_id else Therapist()
    return _edit(request, THERAPIST, row, _here(request))


@access.manager
@either
def training(request: HttpRequest, training_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Training, pk=training_id) if training_id else Training()
    return _edit(request, TRAINING, row, _here(request))


@access.manager
@either
def service(request: HttpRequest, service_id: UUID | None = None) -> HttpResponse:
    row = get_object_or_404(Service, pk=service_id) if service_id else Service()
    return _edit(request, SERVICE, row, _here(request))


@access.manager
@either
def option_new(request: HttpRequest, service_id: UUID) -> HttpResponse:
    parent = get_object_or_404(Service, pk=service_id)
    return _edit(request, PRICE, ServiceOption(service=parent), _here(request), service=parent)


@access.manager
@either
def option(request: HttpRequest, option_id: UUID) -> HttpResponse:
    rows = ServiceOption.objects.select_related("service")
    return _edit(request, PRICE, get_object_or_404(rows, pk=option_id), _here(request))


@access.manager
@either
def rules(request: HttpRequest) -> HttpResponse:
    """How the clinic takes bookings."""
    here = _here(request)
    return _edit(request, RULES, diary.policy_of(here), here, location=here)


def _here(request: HttpRequest) -> Location:
    return selectors.place(request, selectors.places())


def _edit(
    request: HttpRequest, kind: Kind, row: BaseModel, here: Location, **fixed: Any
) -> HttpResponse:
    """Add or change one row; `fixed` is what no one types for a new one."""
    form = kind.form(request.POST or None, instance=row)
    return edit(request, _editor(kind, form, SaveRecord(location=here, row=row, fixed=fixed)))


def _editor(kind: Kind, form: forms.RecordForm, change: SaveRecord) -> Editor:
    heading = str(change.row)
    if change.row._state.adding:
        heading = _text("New %(kind)s") % {"kind": str(kind.name).lower()}
    editor = Editor(
        title=str(kind.name),
        tab=kind.tab,
        form=form,
        change=lambda: replace(change, values=form.values(), many=form.many()),
        version=change.current_version(),
        done=reverse(f"diary:{kind.tab}"),
        said=str(kind.said),
        context={"heading": heading, "differences": form.differences()},
    )
    if kind is PRICE:
        editor.context["note"] = _text("Visits already booked keep their price, length and time.")
    if kind is RULES:
        editor.template = "booking/setup/rules.html"
        editor.context |= {"places": selectors.places(), "here": change.location, "is_wide": True}
        editor.context |= {"heading": kind.name, "back": reverse("diary:overview")}
    return editor
