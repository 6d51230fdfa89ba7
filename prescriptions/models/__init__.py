from prescriptions.models.codes import CONFIRMED, CodeRelease, DiagnosisCode, DiagnosisStart
from prescriptions.models.orders import (
    PrescribedDiagnosis,
    PrescribedRegion,
    Prescription,
    ReviewDecision,
    VisitReservation,
)
from prescriptions.models.prescribers import DoctorRequest, Prescriber, ReviewPolicy, ShareConsent
from prescriptions.models.uploads import Upload

__all__ = [
    "CONFIRMED",
    "CodeRelease",
    "DiagnosisCode",
    "DiagnosisStart",
    "DoctorRequest",
    "PrescribedDiagnosis",
    "PrescribedRegion",
    "Prescriber",
    "Prescription",
    "ReviewDecision",
    "ReviewPolicy",
    "ShareConsent",
    "Upload",
    "VisitReservation",
]
