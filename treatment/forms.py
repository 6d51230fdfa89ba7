from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clinic.models import Technique
    from treatment.models import Visit

LONGEST = 240  # minutes of one technique


class RecordForm(forms.Form):
    """Start, stop, and hands-on minutes by technique. Times are of the visit's own day."""

    started = forms.TimeField(
        label=_("Started"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    stopped = forms.TimeField(
        label=_("Stopped"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )

    def __init__(
        self, *args: Any, visit: Visit, techniques: Sequence[Technique], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.visit, self.techniques = visit, techniques
        zone = visit.appointment.location.zone
        begun = (visit.started_at or visit.arrived_at).astimezone(zone)
        self.fields["started"].initial = begun.time()
        self.fields["stopped"].initial = timezone.now().astimezone(zone).time()
        for technique in techniques:
            field = forms.IntegerField(
                label=technique.name, min_value=0, max_value=LONGEST, required=False
            )
            field.widget.attrs |= {
                "inputmode": "numeric",
                "data-minutes": "",
                "class": "form-control",
            }
            self.fields[self.key(technique)] = field

    @staticmethod
    def key(technique: Technique) -> str:
        return f"minutes-{technique.pk}"

    @property
    def minute_fields(self) -> list[forms.BoundField]:
        return [self[self.key(technique)] for technique in self.techniques]

    def record(self) -> dict[str, Any]:
        """What `services.finish` takes."""
        zone = self.visit.appointment.location.zone
        day = self.visit.appointment.local_date
        times = {
            f"{name}_at": datetime.combine(day, self.cleaned_data[name], zone)
            for name in ("started", "stopped")
        }
        minutes = {
            technique: self.cleaned_data[self.key(technique)] or 0 for technique in self.techniques
        }
        return {**times, "minutes": minutes}
