"""Letters for anybody's tests, made through the real services."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from django.core import mail
from django.db import transaction
from django.utils import timezone

from clinic.models import Message
from prescriptions.models import Prescriber, Prescription
from tests.prescriptions.factories import reviewer
from tests.prescriptions.prescribers.factories import EMAIL, make_consent
from tests.treatment.factories import earlier_today, finished_visit, hands_of
from tests.treatment.notes.test_services import signed as note_signed
from treatment import covering, sessions
from treatment.letters import drawing, sending, services
from treatment.letters import facts as told
from treatment.models import LetterSending, ProgressLetter, Visit

if TYPE_CHECKING:
    from clinic.models import Client, User

FAX = "+18455550199"
SAID = {
    "opening": "I am writing about the massage therapy that you ordered for Ana Lima.",
    "treated": "Neck and shoulders",
    "response": "Turns farther without pulling",
    "request": "continue",
    "ask": "Once a week would be enough by now",
}
Way = LetterSending.Way


def treated(client: Client, hours_ago: int = 2) -> Visit:
    """A finished visit on the client's order, with a signed note."""
    is_first = not Prescription.objects.filter(client=client).exists()
    visit = finished_visit(client, starts_at=earlier_today(hours_ago), ready=is_first)
    if not is_first:
        covering.count(actor=reviewer(), visit=visit)
    note_signed(hands_of(visit.appointment), visit)
    Prescriber.objects.update(email=EMAIL, fax=FAX)
    return visit


def order_of(client: Client) -> Prescription:
    return Prescription.objects.get(client=client)


def drafted(client: Client, author: User) -> ProgressLetter:
    treated(client)
    return services.begin(actor=author, prescription=order_of(client))


def sign(author: User, letter: ProgressLetter, **said: str) -> ProgressLetter:
    services.keep(actor=author, letter=letter, said=SAID | said)
    letter.refresh_from_db()
    seen = told.mark_of(services.facts_of(letter))
    return services.sign(actor=author, letter=letter, seen=seen)


def signed(client: Client, author: User, **said: str) -> ProgressLetter:
    return sign(author, drafted(client, author), **said)


def agreed(client: Client) -> None:
    make_consent(client, Prescriber.objects.get())


def sent(author: User, letter: ProgressLetter, way: Way = Way.LINK) -> LetterSending:
    return sending.send(actor=author, letter=letter, way=way, form_token=uuid4())


def link_of(letter: ProgressLetter) -> str:
    """The path of the link as the newest e-mail has it."""
    message = Message.objects.filter(about=letter.pk, kind="letter_link").first()
    assert message is not None
    is_out = message.status == Message.Status.SENT  # then it is wiped here
    words = (mail.outbox[-1].body if is_out else message.body).split()
    return next("/letter/" + word.split("/letter/", 1)[1] for word in words if "/letter/" in word)


def plain_letter(client: Client, signer: User) -> tuple[ProgressLetter, LetterSending]:
    """Signed and printed, without a note behind it."""
    order, now = order_of(client), timezone.now()
    assert order.prescriber is not None
    facts = plain_facts(client, order)
    letter = ProgressLetter(
        prescription=order,
        why="wanted",
        facts=facts.as_data(),
        said=SAID,
        begun_by=signer,
        signed_by=signer,
        signed_name="Mara Lee, LMT",
        signed_at=now,
        through=facts.through,
    )
    letter.sha256 = services.hash_of(letter)
    with transaction.atomic():
        sessions.act_as(signer)
        letter.save(force_insert=True)
        made = LetterSending.objects.create(
            letter=letter,
            way=Way.PRINT,
            prescriber=order.prescriber,
            consent=make_consent(client, order.prescriber),
            to="Riverside Family Medicine",
            sent_by=signer,
            sent_at=now,
            form_token=uuid4(),
        )
    drawing.draw(str(made.pk))
    made.refresh_from_db()
    return letter, made


def plain_facts(client: Client, order: Prescription) -> told.Facts:
    assert order.starts_on is not None
    assert order.through_on is not None
    return told.Facts(
        patient=client.name,
        born=client.birth_date,
        prescriber="Kofi Osei, MD",
        prescriber_npi="1234567893",
        written_on=order.issued_on,
        order_text="2 sessions per week for 6 weeks",
        codes=(("M54.2", "Cervicalgia"),),
        starts_on=order.starts_on,
        through_on=order.through_on,
        authorized=12,
        visits=(order.starts_on,),
        pain=(7, 4),
        function=("4.3", "6.7"),
        band="a medium change",
        relief=("3.5", True),
        hurt_first=("Back of the neck", "Chest"),
        hurt_latest=("Back of the neck",),
        is_hurt_known=True,
        treated_on=order.starts_on,
        techniques=(("Neuromuscular", 40),),
    )
