from prescriptions.models.orders import (
    DiagnosisCode,
    DiagnosisStart,
    PrescribedDiagnosis,
    PrescribedRegion,
    Prescription,
    ReviewDecision,
    VisitReservation,
)
from prescriptions.models.prescribers import DoctorRequest, Prescriber, ReviewPolicy, ShareConsent
from prescriptions.models.uploads import Upload

__all__ = [
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
