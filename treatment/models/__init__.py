from treatment.models.followups import FollowUp, FollowUpChoice
from treatment.models.function import Activity, FunctionMeasure
from treatment.models.letters import LetterSending, ProgressLetter
from treatment.models.notes import NoteAddendum, TreatmentNote
from treatment.models.selfcare import Exercise, ExerciseTick
from treatment.models.visits import SESSION_TIME, Visit, VisitCorrection, VisitMinutes

__all__ = [
    "SESSION_TIME",
    "Activity",
    "Exercise",
    "ExerciseTick",
    "FollowUp",
    "FollowUpChoice",
    "FunctionMeasure",
    "LetterSending",
    "NoteAddendum",
    "ProgressLetter",
    "TreatmentNote",
    "Visit",
    "VisitCorrection",
    "VisitMinutes",
]
