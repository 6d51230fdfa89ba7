"""The clients, who can see their records, and what their physicians ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clinic.models import Client, Guardian, Payer, Therapist, User
from demo.places import PASSWORD, VA

LOGIN, SECOND_LOGIN = "client@example.test", "client2@example.test"

# name, credential, NPI, practice phone
OSEI = ("Kwame Osei", "MD", "1234567893", "(845) 555-0162")
LIND = ("Maria Lindqvist", "DO", "1000000004", "(845) 555-0177")
CHO = ("Daniel Cho", "DC", "1987654328", "(845) 555-0190")


@dataclass(frozen=True)
class Order:
    """A prescription on paper, written `weeks_ago`, and what the front desk made of it."""

    reason: str
    codes: tuple[str, ...]
    text: str
    weeks_ago: int
    prescriber: tuple[str, str, str, str] = OSEI
    state: str = "approved"
    places: tuple[str, ...] = ()  # of the body map


@dataclass(frozen=True)
class Person:
    """Comes every `rhythm` days, from `since` weeks ago; `ahead` visits are booked."""

    first: str
    last: str
    born: date
    order: Order | None = None
    rhythm: int = 7
    since: int = 4
    ahead: int = 3
    minutes: int = 60
    login: str = ""
    pronouns: str = ""
    note: str = ""
    payer: str = ""  # its name, with the member number
    member: str = ""
    prefers: str = ""  # a therapist's name
    has_email: bool = True  # without one: called

    @property
    def email(self) -> str:
        if not self.has_email:
            return ""
        return self.login or f"{self.first}.{self.last}@example.test".lower()


NECK = Order(
    "Neck pain after long desk work",
    ("M54.2",),
    "2 sessions per week for 6 weeks",
    4,
    places=("back-neck-middle", "back-shoulder-left", "back-shoulder-right"),
)
BACK = Order(
    "Low back pain, spasm",
    ("M54.59", "M62.830"),
    "6 visits over 3 months",
    8,
    LIND,
    places=("back-lower-back-middle", "back-loin-left", "back-loin-right"),
)
SHOULDER = Order(
    "Frozen shoulder, right",
    ("M75.01",),
    "2x/wk x 6 wks",
    4,
    CHO,
    places=("front-shoulder-right", "back-shoulder-right", "back-shoulder-blade-right"),
)
WHIPLASH = Order(
    "Whiplash after a collision",
    ("S13.4XXA",),
    "1x/week for 8 weeks",
    2,
    LIND,
    places=("back-neck-middle", "front-neck-middle"),
)
SCIATICA = Order("Sciatica, left", ("M54.32",), "2x/week for 4 weeks", 0, OSEI, "submitted")
HEADACHE = Order("Tension headache", ("G44.209",), "1x/week for 10 weeks", 6)
DISC = Order("Lumbar disc displacement", ("M51.26",), "as needed", 1, LIND, "needs_information")
HEEL = Order(
    "Plantar fascia pain",
    ("M72.2",),
    "every other week for 12 weeks",
    7,
    places=("back-heel-left", "back-calf-left"),
)
STRESS = Order("Stress", (), "weekly", 2, CHO, "rejected")
WRIST = Order("Carpal tunnel, right", ("G56.01",), "3x/wk x 2 wks, then 1x/wk x 4 wks", 9)
NERVE = Order("Neck nerve root pain", ("M54.12",), "4 visits over 2 months", 5, CHO)
JAW = Order("Jaw muscle pain", ("M79.11",), "6 visits over 3 months", 0, LIND, "submitted")
SPINE = Order("Scoliosis", ("M41.9", "M54.6"), "two sessions per month for 12 months", 9)
EARLIER = Order("Shoulder impingement", ("M75.41",), "1x/week for 4 weeks", 9)
LATER = Order("Shoulder impingement", ("M75.41",), "2x/week for 3 months", 3)

ANA = Person("Ana", "Lima", date(1981, 4, 12), NECK, rhythm=4, ahead=1, login=LOGIN)
OMAR = Person(
    "Omar", "Haddad", date(1974, 9, 30), BACK, 10, ahead=1, minutes=90, login=SECOND_LOGIN
)
# Omar acts for his daughter with the same login.
LEILA = Person("Leila", "Haddad", date(2012, 6, 3), since=0, ahead=1, minutes=30)
MAYA = Person("Maya", "Stone", date(1969, 7, 21), WHIPLASH, since=0, ahead=1)

OTHERS = [
    Person(
        *("Ruth", "Adeyemi", date(1958, 2, 17), SHOULDER),
        rhythm=4,
        pronouns="she/her",
        note="Hard of hearing, left ear. Speak up.",
        prefers="Dana Ruiz",
    ),
    Person("Lee", "Chan", date(1990, 11, 5)),
    MAYA,
    Person("Ivan", "Petrov", date(1986, 1, 9), SCIATICA, since=0, ahead=1),
    Person("Nina", "Berg", date(1993, 12, 28), minutes=30),
    Person("Grace", "Okafor", date(1979, 3, 14), HEADACHE, since=5),
    Person("Sam", "Whitman", date(1948, 8, 2), DISC, since=0, ahead=1),
    Person("Elena", "Rossi", date(1984, 5, 19), HEEL, rhythm=14),
    Person("Jonah", "Weiss", date(1977, 10, 11), STRESS, since=3, ahead=1),
    Person("Priya", "Nair", date(1989, 6, 25), WRIST, since=9, ahead=0),
    Person("Tom", "Becker", date(1965, 4, 4), NERVE, since=5, ahead=1),
    Person("Hana", "Sato", date(1996, 9, 8), JAW, since=0, ahead=1),
    Person(*("Marcus", "Hill", date(1971, 12, 1)), minutes=90, payer=VA, member="V 204 88 31"),
    Person("Aisha", "Rahman", date(1982, 2, 22), SPINE, rhythm=14),
    Person("Peter", "Novak", date(1955, 11, 16), rhythm=5, note="Comes by train: start on time."),
    Person("Clara", "Mendes", date(1991, 7, 7), LATER, rhythm=4),
    Person("Daniel", "Kaplan", date(1987, 3, 3), rhythm=9, minutes=90),
    Person(
        "Yara", "Saleh", date(2000, 10, 20), since=0, ahead=1, pronouns="they/them", has_email=False
    ),
    Person("Owen", "Blake", date(1962, 1, 27), rhythm=6, minutes=30),
    Person("Sofia", "Marin", date(1998, 8, 13), rhythm=8),
]


def register(person: Person, number: int) -> Client:
    """A client with a login; only the two demo logins have a password."""
    password = PASSWORD if person.login else None
    user = User.objects.create_user(person.email, password) if person.email else None
    return Client.objects.create(
        user=user,
        first_name=person.first,
        last_name=person.last,
        birth_date=person.born,
        email=person.email,
        phone=f"+1845555{200 + number:04d}",
        address=f"{10 + number} Market Street\nRhinebeck, NY 12572",
        pronouns=person.pronouns,
        note=person.note,
        payer=Payer.objects.filter(name=person.payer).first(),
        member_number=person.member,
        preferred_therapist=Therapist.objects.filter(name=person.prefers).first(),
    )


def register_child(person: Person, parent: Client, login: User) -> Client:
    child = Client.objects.create(
        first_name=person.first,
        last_name=person.last,
        birth_date=person.born,
        phone=parent.phone,
        address=parent.address,
    )
    Guardian.objects.create(user=login, client=child, relationship=Guardian.Relationship.PARENT)
    return child
