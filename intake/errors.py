from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition


class NoQuestionnaire(DomainError):
    code = "no_questionnaire"
    message = _("The health questionnaire is not set up yet. Please call us.")


class ChangedAfterPublishing(DomainError):
    code = "changed_after_publishing"
    message = _("This version is published and differs. Give the new wording a new version.")


class AlreadySigned(InvalidTransition):
    code = "already_signed"
    message = _("These answers are signed and can no longer be changed.")


class Incomplete(DomainError):
    code = "incomplete"
    message = _("Some answers are still missing. They are listed below.")


class EmergencyStands(DomainError):
    code = "emergency_stands"
    message = _("One of your answers is an emergency. Please call 911.")


class ConsentNeeded(DomainError):
    code = "consent_needed"
    message = _("We can treat you only if you agree to the texts marked as required.")


class SignatureNeeded(DomainError):
    code = "signature_needed"
    message = _("Please type your full name to sign.")


class GuardianNeeded(DomainError):
    code = "guardian_needed"
    message = _("A parent or legal guardian signs for somebody under 18. Please say which you are.")


class NotATherapist(DomainError):
    code = "not_a_therapist"
    message = _("Only a therapist may decide this.")


class NothingToDecide(InvalidTransition):
    code = "nothing_to_decide"
    message = _(
        "There is nothing to decide here: these answers stop no visit, or newer ones exist."
    )


class BlockStands(DomainError):
    code = "block_stands"
    message = _("Answers that rule out treatment cannot be cleared. The client answers anew first.")


class ReasonNeeded(DomainError):
    code = "reason_needed"
    message = _("Please give a reason for the decision.")


class NeededForVisits(DomainError):
    code = "needed_for_visits"
    message = _("We cannot treat you without this consent. Please call us to withdraw it.")
