"""Issuing many documents at once: each by itself, so that one refusal holds up no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from billing.issuing import services as issuing
from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

    from billing.models import BillingDocument
    from clinic.models import User
    from treatment.models import Visit


@dataclass(frozen=True, slots=True)
class Refused:
    visit: Visit
    why: StrOrPromise


@dataclass(slots=True)
class Result:
    issued: list[BillingDocument] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)


def issue_all(*, actor: User, wanted: Iterable[tuple[str, Visit]]) -> Result:
    """Issue a document of each kind and visit; asked for again, it is the same document."""
    done = Result()
    for kind, visit in wanted:
        try:
            done.issued.append(issuing.issue(kind, actor=actor, visit=visit))
        except DomainError as refusal:
            done.refused.append(Refused(visit, refusal.message))
    return done
