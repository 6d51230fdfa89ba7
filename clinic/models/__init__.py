from clinic.models.base import BaseModel
from clinic.models.people import Client, Guardian, Role, Therapist, User
from clinic.models.places import Location, Room
from clinic.models.records import AuditEvent, Document, Message
from clinic.models.services import Payer, Service, ServiceOption, Technique, Training

__all__ = [
    "AuditEvent",
    "BaseModel",
    "Client",
    "Document",
    "Guardian",
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
