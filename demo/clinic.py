"""Builds the demo: the place, the people, their paperwork, and their visits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from booking.models import WaitlistEntry
from booking.visits import coverage
from booking.waitlist import services as waitlist
from clinic.messaging import outbox
from clinic.models import Client, Message, User
from demo import calling, letters, money, outcomes, paperwork, people, places
from demo.life import Life, next_working_day
from intake.selectors import readiness_for

MOST_A_DAY = 10

# Answers that a therapist has to decide on before the first visit.
TREATED_CLOT = {"blood_clot": "treated"}
# Answers that only change how the session is given.
PREGNANT = {"pregnant": "yes", "pregnancy_weeks": 24, "pregnancy_high_risk": "no"}


def load() -> dict[str, int]:
    """Fill an empty database; returns what it now holds."""
    clinic = places.build()
    life = Life(clinic, timezone.now())
    made = [people.register(person, number) for number, person in enumerate(_everybody())]
    for client, person in zip(made, _everybody(), strict=True):
        _papers(life, client, person)
    for client, person in zip(made, _everybody(), strict=True):
        medical = person.order is not None and person.order.state != "rejected"
        life.visits_of(client, person, medical=medical)
    _next_visit_of_ana(life, made[0])
    _child(life, made[1])
    _full_days(life, made[2:])
    life.live_until_now()
    money.put_right(clinic, life.now)
    outcomes.of_client(life, made[0])
    outcomes.in_pain(life)
    letters.write(clinic, made[0], life.pen)
    _in_line(life, made[-2:])
    coverage.mark_needed()  # as the worker would do a moment later
    _hand_over_mail(clinic.desk)
    calling.call_some(life, next(one for one in made if one.last_name == "Novak"))
    return {"clients": Client.objects.count()}


def _everybody() -> list[people.Person]:
    return [people.ANA, people.OMAR, *people.OTHERS]


def _papers(life: Life, client: Client, person: people.Person) -> None:
    orders = [person.order] if person.order else []
    if person.order is people.LATER:
        orders.insert(0, people.EARLIER)  # the newer replaces it
    for order in orders:
        paperwork.send_prescription(client, order, life.clinic.desk)
    if not person.since and person is not people.MAYA:
        return  # a new client: the questionnaire is not done yet
    changes: dict[str, Any] = TREATED_CLOT if person is people.MAYA else {}
    if person.first == "Nina":
        changes = PREGNANT
    signed = paperwork.weeks_before(max(person.since, 1), hour=9)
    assert client.user is not None  # noqa: S101 - registered with a login
    paperwork.sign_intake(client, client.user, signed, **changes)


def _next_visit_of_ana(life: Life, ana: Client) -> None:
    """The first demo login always has something on the next working day."""
    life.book(ana, life.clinic.options["medical", 60], next_working_day(life.clinic))


def _child(life: Life, omar: Client) -> None:
    login = User.objects.get(email=people.SECOND_LOGIN)
    leila = people.register_child(people.LEILA, omar, login)
    day = life.today + timedelta(days=5)
    life.book(leila, life.clinic.options["therapeutic", 30], day)


def _full_days(life: Life, clients: list[Client]) -> None:
    """Fill the day boards worth seeing: today's (ready clients) and the next working day's."""
    ready = [client for client in clients if readiness_for(client, today=life.today).light == "ok"]
    for guests, day in [(ready, life.today), (clients[1::2], next_working_day(life.clinic))]:
        for number, client in enumerate(guests[:MOST_A_DAY]):
            new = number == 3
            kind = ("consultation", 30) if new else ("therapeutic", (60, 30, 90)[number % 3])
            life.book(client, life.clinic.options[kind], day)


def _in_line(life: Life, clients: list[Client]) -> None:
    """Two people wait for an evening hour, one of them with Dana Ruiz only."""
    for client, therapist in zip(clients, [life.clinic.therapists[0], None], strict=True):
        waitlist.join(
            actor=life.clinic.desk,
            client=client,
            option=life.clinic.options["therapeutic", 60],
            first_day=life.today + timedelta(days=1),
            last_day=life.today + timedelta(days=6),
            therapist=therapist,
            part_of_day=WaitlistEntry.PartOfDay.EVENING,
            none_suits=True,  # what is free at this moment
        )


def _hand_over_mail(desk: User) -> None:
    """Messages from the demo's past count as sent, and calls as made; no one is told now."""
    gone = list(Message.objects.filter(status=Message.Status.QUEUED))
    for message in gone:
        message.status, message.sent_at = Message.Status.SENT, message.created_at
        message.body = outbox.what_stays(message)
        if message.channel == Message.Channel.CALL:
            message.outcome, message.handled_by = Message.Outcome.REACHED, desk
            message.handled_at = message.created_at
    fields = ["status", "sent_at", "body", "outcome", "handled_by", "handled_at"]
    Message.objects.bulk_update(gone, fields, batch_size=500)
