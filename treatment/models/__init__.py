from treatment.models.acknowledgment import Acknowledgment
from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.phrases import Phrase
from treatment.models.prints import NotePrint
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "Acknowledgment",
    "NoteAddendum",
    "NotePrint",
    "Phrase",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
