from treatment.models.acknowledgment import Acknowledgment
from treatment.models.followups import FollowUp, FollowUpChoice
from treatment.models.function import Activity, FunctionMeasure
from treatment.models.letters import LetterSending, ProgressLetter
from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.phrases import Phrase
from treatment.models.prints import NotePrint
from treatment.models.selfcare import Exercise, ExerciseTick
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "Acknowledgment",
    "Activity",
    "Exercise",
    "ExerciseTick",
    "FollowUp",
    "FollowUpChoice",
    "FunctionMeasure",
    "LetterSending",
    "NoteAddendum",
    "NotePrint",
    "Phrase",
    "ProgressLetter",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
