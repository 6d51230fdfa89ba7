from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.http import HttpRequest

    from treatment.models import FollowUpChoice


class ChoiceForm(forms.Form):
    is_asked = forms.BooleanField(
        label=_("Ask me after a visit how long it helped"),
        required=False,
        help_text=_(
            "By e-mail, one day and three days after: two short questions, no sign-in. Each"
            " message has a way to stop them."
        ),
    )

    @classmethod
    def of(cls, request: HttpRequest, known: FollowUpChoice | None) -> Self:
        # A form in which nothing is ticked sends nothing, and says no.
        data = request.POST if request.method == "POST" else None
        return cls(data, initial={"is_asked": bool(known and known.is_asked)})


class DeskChoiceForm(ChoiceForm):
    """On the client's word."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["is_asked"].label = _("The client wants to be asked after a visit")
