from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError, InvalidTransition


class NoQuestionnaire(DomainError):
    message = _("The health questionnaire is not set up yet. Please call us.")


class ChangedAfterPublishing(DomainError):
    message = _("This version is published and differs. Give the new wording a new version.")


class AlreadySigned(InvalidTransition):
    message = _("These answers are signed and can no longer be changed.")


class Incomplete(DomainError):
    message = _("Some answers are still missing. They are listed below.")


class EmergencyStands(DomainError):
    message = _("One of your answers is an emergency. Please call 911.")


class ConsentNeeded(DomainError):
    message = _("We can treat you only if you agree to everything marked as required.")


class SignatureNeeded(DomainError):
    message = _("Please type your full name to sign.")


class GuardianNeeded(DomainError):
    message = _("A parent or legal guardian signs for anyone under 18. Please say which you are.")


class WrongScanDay(DomainError):
    field = "signed_on"
    message = _("That day is still to come. Type the date that stands on the paper.")


class TooManyScans(DomainError):
    message = _("Several paper forms of this client are still being checked. Try again shortly.")


class NotATherapist(DomainError):
    message = _("Only a therapist may decide this.")


class NothingToDecide(InvalidTransition):
    message = _(
        "There is nothing to decide here: these answers do not stop a visit, or there are "
        "newer ones."
    )


class BlockStands(DomainError):
    message = _(
        "Answers that rule out treatment cannot be cleared. The client must answer again first."
    )


class ReasonNeeded(DomainError):
    message = _("Please give a reason for the decision.")


class NeededForVisits(DomainError):
    message = _("We cannot treat you without this consent. Please call us to withdraw it.")


class WrongWord(DomainError):
    message = _("That is neither your password nor a code of your app. Please try again.")


class TooManyTries(DomainError):
    message = _("Too many tries. Wait 15 minutes, or take the tablet back at another computer.")


class AlreadyBack(InvalidTransition):
    message = _("This tablet has been taken back already. Please sign in.")


class WrongPaperDay(DomainError):
    field = "paper_signed_on"
    message = _(
        "The paper must have been signed today or within the last 30 days. If it is older, have"
        " a new one filled in."
    )


class NewerAnswers(DomainError):
    field = "paper_signed_on"
    message = _("The client has signed newer answers since that day. The paper is out of date.")


class NoAddress(DomainError):
    message = _(
        "There is no e-mail address to send it to. Hand over the tablet, or enter a paper form."
    )


class SentToday(DomainError):
    message = _("The link was already sent today. It is in the same mailbox as before.")


class NotTheTherapist(DomainError):
    message = _("Only the therapist who treats this visit may ask these questions.")


class NotThisDay(DomainError):
    message = _("This counts for today only. Ask on the day of the visit.")


class NothingToAsk(DomainError):
    message = _("The questionnaire is signed: nothing has to be asked aloud.")


class StopStands(DomainError):
    message = _(
        "An answer that was signed before stops this visit. Asking aloud does not undo it: decide"
        " on the answers, or have the questionnaire filled in again."
    )


class AskedToday(InvalidTransition):
    message = _("These questions were already asked for this visit today. Here are the answers.")


class NotAllAsked(DomainError):
    message = _("Every question must be asked and answered.")


class DrawingNeeded(DomainError):
    field = "drawing"
    message = _("Please have the client sign with a finger in the box.")


class OtherQuestions(DomainError):
    message = _("The questions have changed since this page was opened. Please ask them again.")
