from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "NoteAddendum",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
