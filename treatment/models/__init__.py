from treatment.models.letters import LetterSending, ProgressLetter
from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "LetterSending",
    "NoteAddendum",
    "ProgressLetter",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
