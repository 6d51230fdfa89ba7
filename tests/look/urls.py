"""The product's addresses and a page that shows every component."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django import forms
from django.http import HttpResponse
from django.template import engines
from django.urls import path

from clinic import access
from clinic.urls import handler400, handler403, handler404, handler500
from clinic.urls import urlpatterns as product

if TYPE_CHECKING:
    from django.http import HttpRequest

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

GALLERY = Path(__file__).with_name("gallery.html")


class SampleForm(forms.Form):
    """One field of each kind that our forms use."""

    name = forms.CharField(help_text="As on your card.")
    email = forms.EmailField(label="E-mail")
    born = forms.DateField(widget=forms.DateInput(attrs={"type": "date"}))
    side = forms.ChoiceField(choices=[("l", "Left"), ("r", "Right")], widget=forms.RadioSelect)
    areas = forms.MultipleChoiceField(
        choices=[("n", "Neck"), ("b", "Back")], widget=forms.CheckboxSelectMultiple, required=False
    )
    therapist = forms.ChoiceField(choices=[("", "Anyone who is free"), ("1", "Dana Ruiz")])
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)
    agree = forms.BooleanField(label="I agree to the fees for missed visits")
    document = forms.FileField(required=False)

    def clean(self) -> None:
        self.add_error(None, "This time has just been taken.")


@access.public
def gallery(request: HttpRequest, layout: str) -> HttpResponse:
    template = engines["django"].from_string(GALLERY.read_text())
    context = {
        "layout": f"layouts/{layout}.html",
        "board": layout == "desk",
        "demo": True,
        "steps": ["Session", "Time", "You", "Done"],
        "form": SampleForm({"email": "not an address"}),
    }
    return HttpResponse(template.render(context, request))


urlpatterns = [path("gallery/<slug:layout>/", gallery), *product]
