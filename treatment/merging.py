"""What this app says about its rows when two records are merged: `clinic.people.merging`."""

from __future__ import annotations

from clinic.people.merging.registry import Dependent, MergeRules
from treatment.models import LetterSending, NotePrint

RULES = MergeRules(
    dependents=[
        Dependent(LetterSending, "letter__prescription__client"),
        Dependent(NotePrint, "note__visit__appointment__client"),
    ]
)
