from clinic.models.audit import AuditEvent, AuditSeal
from clinic.models.base import BaseModel, Duty
from clinic.models.keys import EncryptionKey
from clinic.models.merges import ClientMerge
from clinic.models.people import Client, Guardian, Role, Therapist, User
from clinic.models.places import Location, Room
from clinic.models.records import Document, Message
from clinic.models.rights import CorrectionRequest, Disclosure, Export
from clinic.models.services import Payer, Service, ServiceOption, Technique, Training
from clinic.models.staff import Invitation

__all__ = [
    "AuditEvent",
    "AuditSeal",
    "BaseModel",
    "Client",
    "ClientMerge",
    "CorrectionRequest",
    "Disclosure",
    "Document",
    "Duty",
    "EncryptionKey",
    "Export",
    "Guardian",
    "Invitation",
    "Location",
    "Message",
    "Payer",
    "Role",
    "Room",
    "Service",
    "ServiceOption",
    "Technique",
    "Therapist",
    "Training",
    "User",
]
