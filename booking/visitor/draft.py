"""What a visitor has chosen and typed so far. It lives in the session, so Back loses nothing."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from django.http import HttpRequest

KEY = "booking"


@dataclass(slots=True)
class Draft:
    option: str = ""
    seats: int = 1  # how many come at the same time
    who: list[str] = field(default_factory=list)  # whose time is held, in the order of the seats
    wanted: str = ""  # the requested therapist; blank: anyone
    start: str = ""
    hold: str = ""
    price: int = -1  # in cents, as it was shown
    typed: dict[str, str] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)  # the appointments this draft became
    # Of each of them: what its coupon takes off, if one was typed, in the words of the page.
    coupons: list[dict[str, Any]] = field(default_factory=list)
    sent_to: str = ""  # the address their confirmation was asked for at

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
    def start_at(self) -> datetime:
        return datetime.fromisoformat(self.start)

    def keep(self, form_data: dict[str, str]) -> None:
        """Keep what was typed, valid or not."""
        self.typed = {name: text[:200] for name, text in form_data.items()}
