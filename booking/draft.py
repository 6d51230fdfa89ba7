"""What a visitor has chosen and typed so far. It lives in the session: Back loses nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from django.http import HttpRequest

KEY = "booking"


@dataclass(slots=True)
class Draft:
    option: str = ""
    therapist: str = ""  # whose time is held
    therapist_too: str = ""  # and the other one's, for two
    wanted: str = ""  # who was asked for; blank: anyone
    start: str = ""
    hold: str = ""
    two: bool = False  # for two at the same time
    price: int = -1  # in cents, as it was shown
    typed: dict[str, str] = field(default_factory=dict)
    done: str = ""  # the appointment this draft became
    done_too: str = ""  # and the other one's
    sent_to: str = ""  # the address its confirmation was asked for at

    @classmethod
    def of(cls, request: HttpRequest) -> Draft:
        kept = request.session.get(KEY, {})
        known = {name.name for name in fields(cls)}
        return cls(**{name: value for name, value in kept.items() if name in known})

    def save(self, request: HttpRequest) -> None:
        request.session[KEY] = asdict(self)

    @property
    def hold_token(self) -> UUID | None:
        return UUID(self.hold) if self.hold else None

    @property
    def who(self) -> list[str]:
        """Whose time is held, as the page names them."""
        return [pk for pk in (self.therapist, self.therapist_too) if pk]

    @property
    def start_at(self) -> datetime:
        return datetime.fromisoformat(self.start)

    def keep(self, form_data: dict[str, str]) -> None:
        """Remember what was typed, right or wrong."""
        self.typed = {name: text[:200] for name, text in form_data.items()}
