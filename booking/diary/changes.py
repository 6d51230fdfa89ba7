"""A change of the diary as a value: it can be tried out, looked at, and saved (services.py)."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.db.models.functions import Abs

from booking.diary.errors import AlreadyThere, NothingChanged
from clinic import audit
from clinic.models import BaseModel, Service, ServiceOption, Therapist, User

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from clinic.models import Location


AN_HOUR = 60  # the session that people think in, in minutes


def stamp(*rows: Iterable[BaseModel]) -> str:
    """What stands, in a few letters: another when any of it was changed, added or taken away."""
    known = sorted(f"{row.pk} {row.updated_at.isoformat()}" for some in rows for row in some)
    return sha256("\n".join(known).encode()).hexdigest()[:20] if known else ""


@dataclass(kw_only=True)
class Change:
    """One thing to write. `shown` is the stamp of what its author had before them."""

    location: Location
    shown: str = ""

    def whose(self) -> Iterable[UUID]:
        """The therapists whose diaries change, to be locked first; all unless said otherwise."""
        return Therapist.objects.values_list("pk", flat=True)

    def current(self) -> str:
        """The stamp of what stands now."""
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
class SaveRecord(Change):
    """A row of a table of its own, such as a room or a price; `row` says which, or is a new one."""

    row: BaseModel
    values: dict[str, Any]
    many: Mapping[str, Iterable[models.Model]] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)  # of a new row: what nobody types
    is_diary: bool = True  # False: no visit can lose its place by it

    def whose(self) -> Iterable[UUID]:
        return super().whose() if self.is_diary else ()

    def current(self) -> str:
        if self.row._state.adding:
            return ""
        return stamp(self._rows().filter(pk=self.row.pk))

    def sample(self) -> ServiceOption | None:
        options = ServiceOption.objects.select_related("service")
        if isinstance(self.row, ServiceOption):
            return options.filter(pk=self.row.pk).first()
        if isinstance(self.row, Service):
            mine = options.filter(service=self.row.pk, is_active=True)
            return mine.order_by(Abs(F("minutes") - AN_HOUR), "minutes").first()
        return None

    def write(self, actor: User) -> None:
        model = type(self.row)
        adding = self.row._state.adding
        row = model(**self.fixed) if adding else self._locked()
        before = {} if adding else self._snapshot(row)
        for name, value in self.values.items():
            setattr(row, name, value)
        try:
            with transaction.atomic():
                if adding:
                    row.save()
                else:
                    row.save(update_fields=[*self.values, "updated_at"])
                for name, others in self.many.items():
                    getattr(row, name).set(list(others))
        except IntegrityError as error:  # the form has looked; somebody was quicker
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

    def _rows(self) -> models.QuerySet[BaseModel]:
        return type(self.row)._default_manager.all()

    def _locked(self) -> BaseModel:
        return self._rows().select_for_update(no_key=True, of=("self",)).get(pk=self.row.pk)

    def _snapshot(self, row: BaseModel) -> dict[str, Any]:
        plain = {name: _plain(getattr(row, name)) for name in self.values}
        lists = {name: sorted(str(one) for one in getattr(row, name).all()) for name in self.many}
        return plain | lists


def _plain(value: Any) -> Any:
    """As JSON keeps it; a login is named by its key."""
    if isinstance(value, User):
        return str(value.pk)
    return value if isinstance(value, int | bool | type(None)) else str(value)
