"""Whom a transaction acts for: the triggers take a signature, an addendum or a correction of a
signed visit only of that login, so that none is written in somebody else's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from clinic.models import User


def act_as(actor: User) -> None:
    """Until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.actor', %s, true)", [str(actor.pk)])
