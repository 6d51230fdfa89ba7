"""A change to the diary as a value: it can be tried, previewed and saved (services.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.db.models.functions import Abs

from booking.models import BookingPolicy
from booking.setup.errors import AlreadyThere, NothingChanged
from clinic.audit import services as audit
from clinic.models import BaseModel, Service, ServiceOption, Therapist, Training, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from clinic.models import Location


APART = (Training, ServiceOption, BookingPolicy)  # every visit fits afterward as it did before
AN_HOUR = 60  # the session length people think in, in minutes


def digest(*rows: Iterable[BaseModel]) -> str:
    """The version of some rows: it differs once any is changed, added or removed."""
    known = sorted(f"{row.pk} {row.updated_at.isoformat()}" for some in rows for row in some)
    return sha256("\n".join(known).encode()).hexdigest()[:20] if known else ""


@dataclass(kw_only=True)
class Change:
    """One thing to write. `version` is of the rows that its author saw."""

    location: Location
    version: str = ""

    def whose(self) -> Iterable[UUID]:
        """The therapists whose diaries change, to be locked first; all by default."""
        return Therapist.objects.values_list("pk", flat=True)

    def current_version(self) -> str:
        """The version of the current rows."""
        return ""

    def begins(self) -> date | None:
        """The first day that it changes; None: today."""
        return None

    def sample(self) -> ServiceOption | None:
        """The session whose free times show the effect; None: the usual hour."""
        return None

    def write(self, actor: User) -> None:
        """Write it with its audit row, inside the transaction and the locks of the caller."""
        raise NotImplementedError


@dataclass(kw_only=True)
class RowChange(Change):
    """A change of one row, an existing or a new one."""

    row: BaseModel

    def current_version(self) -> str:
        return digest(type(self.row)._default_manager.filter(pk=self.row.pk))


@dataclass(kw_only=True)
class SaveRecord(RowChange):
    """A row in its own table, such as a room or a price."""

    values: dict[str, Any] = field(default_factory=dict)
    many: Mapping[str, Iterable[models.Model]] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)  # for a new row: what no one types

    def whose(self) -> Iterable[UUID]:
        return () if isinstance(self.row, APART) else super().whose()

    def sample(self) -> ServiceOption | None:
        options = ServiceOption.objects.select_related("service")
        if isinstance(self.row, ServiceOption):
            return options.filter(pk=self.row.pk).first()
        if isinstance(self.row, Service):
            mine = options.filter(service=self.row.pk, is_active=True)
            return mine.order_by(Abs(F("minutes") - AN_HOUR), "minutes").first()
        return None

    def write(self, actor: User) -> None:
        model, adding = type(self.row), self.row._state.adding
        row = model(**self.fixed) if adding else self._locked()
        before = {} if adding else self._snapshot(row)
        for name, value in self.values.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                row.save(update_fields=None if adding else [*self.values, "updated_at"])
                for name, others in self.many.items():
                    getattr(row, name).set(list(others))
        except IntegrityError as error:  # the form checked, but someone was quicker
            raise AlreadyThere from error
        after = self._snapshot(row)
        if before == after:
            raise NothingChanged
        audit.record(
            actor,
            f"diary.{model._meta.model_name}_{'added' if adding else 'changed'}",
            row,
            before={name: old for name, old in before.items() if after[name] != old},
            after={name: new for name, new in after.items() if before.get(name) != new},
        )

    def _locked(self) -> BaseModel:
        rows = type(self.row)._default_manager.select_for_update(no_key=True, of=("self",))
        return rows.get(pk=self.row.pk)

    def _snapshot(self, row: BaseModel) -> dict[str, Any]:
        plain = {name: _plain(getattr(row, name)) for name in self.values}
        lists = {name: sorted(str(one) for one in getattr(row, name).all()) for name in self.many}
        return plain | lists


def _plain(value: Any) -> Any:
    """As JSON stores it; a login is named by its key."""
    if isinstance(value, User):
        return str(value.pk)
    return value if isinstance(value, int | bool | type(None)) else str(value)
