"""A document as it would be issued now: what each kind makes, and the engine writes."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from clinic.documents import fonts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from billing.models import DocumentLine
    from billing.selectors import Bill
    from clinic.models import Client
    from prescriptions.models import VisitReservation
    from treatment.models import Visit


@dataclass(frozen=True, slots=True)
class Amounts:
    """Integer cents. list - discount = net = paid + balance - credit."""

    list_cents: int
    discount_cents: int
    net_cents: int
    paid_cents: int
    balance_cents: int
    credit_cents: int = 0

    @classmethod
    def of(cls, bills: Sequence[Bill]) -> Amounts:
        """What these bills come to together."""
        names = [field.name for field in fields(cls)]
        return cls(**{name: sum(getattr(bill, name) for bill in bills) for name in names})


@dataclass(frozen=True, slots=True)
class Draft:
    client: Client
    copy: dict[str, Any]  # of everything it prints but the lines and totals
    lines: Sequence[DocumentLine]
    amounts: Amounts
    service_on: date
    version: str  # of its template
    private: dict[str, Any] | None = None  # what stands encrypted where it comes from
    begins_on: date | None = None  # of a range of days, which ends on `service_on`
    visit: Visit | None = None
    needs_prescription: bool = False
    reservation: VisitReservation | None = None

    @property
    def unprintable(self) -> str:
        """The letters of all it says that our fonts lack."""
        lines = [(line.description, line.code, line.modifiers) for line in self.lines]
        return fonts.unprintable("".join(_texts([self.copy, self.private, lines])))


def _texts(said: Any) -> Iterator[str]:
    if isinstance(said, str):
        yield said
    elif isinstance(said, dict | list | tuple):
        for one in said.values() if isinstance(said, dict) else said:
            yield from _texts(one)
