from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.selfcare import Exercise, ExerciseTick
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "Exercise",
    "ExerciseTick",
    "NoteAddendum",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
