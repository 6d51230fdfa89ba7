"""Where a user is signed in, and ending it: a phone left in a taxi, a shared computer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from time import time
from typing import TYPE_CHECKING

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from clinic import access
from clinic.accounts import devices, idle
from clinic.audit import services as audit

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from clinic.models import User


@dataclass(frozen=True, slots=True)
class Open:
    """A session that is still valid."""

    pk: int
    browser: str
    ip: str
    began: datetime
    seen: datetime
    is_current: bool


def open_sessions(user: User, current: str | None = None) -> list[Open]:
    """This login's sessions, last used first. Idle and outdated ones are not valid."""
    rows = {row.session_key: row for row in UserSession.objects.filter(user=user)}
    alive = Session.objects.filter(session_key__in=rows, expire_date__gt=timezone.now())
    found = [
        _open(rows[session.session_key], seen, current)
        for session in alive
        if (seen := _last_seen(session, user)) is not None
    ]
    return sorted(found, key=lambda one: (one.is_current, one.seen), reverse=True)


def _open(row: UserSession, seen: float, current: str | None) -> Open:
    return Open(
        pk=row.pk,
        browser=devices.describe(row.user_agent),
        ip=row.ip,
        began=row.created_at,
        seen=datetime.fromtimestamp(seen, UTC),
        is_current=row.session_key == current,
    )


def _last_seen(session: Session, user: User) -> float | None:
    data = session.get_decoded()
    seen: float = data.get(idle.SEEN, 0)
    theirs = data.get(SESSION_KEY) == str(user.pk) and constant_time_compare(
        data.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()
    )
    return seen if theirs and time() - seen < idle.limit(user) else None


def keys_of(user: User) -> set[str | None]:
    """This login's sessions, listed or not.

    A session says whose it is only inside. A clinic has a few hundred, and this is rare.
    """
    alive = Session.objects.filter(expire_date__gt=timezone.now())
    found = alive.iterator()
    return {one.session_key for one in found if one.get_decoded().get(SESSION_KEY) == str(user.pk)}


@transaction.atomic
def end(*, actor: User, user: User, keep: str | None = None, only: int | None = None) -> int:
    """End a login's sessions now, all but `keep` or `only` one; returns how many ended."""
    rows = UserSession.objects.filter(user=user).exclude(session_key=keep or "")
    if only is None:
        keys = keys_of(user) - {keep}
    else:
        rows = rows.filter(pk=only)
        keys = set(rows.values_list("session_key", flat=True))
    ended = Session.objects.filter(session_key__in=keys).delete()[0]
    rows.delete()
    if ended:
        audit.record(actor, "signin.sessions_ended", user, count=ended)
    return ended


@transaction.atomic
def renew(request: HttpRequest) -> None:
    """A new session key after reauthentication; a copy of the old one is useless.

    ASVS 5.0 7.2.4.
    """
    before = request.session.session_key
    request.session.cycle_key()
    after = request.session.session_key
    UserSession.objects.filter(session_key=before).update(session_key=after)


@require_safe
def session_list(request: HttpRequest) -> HttpResponse:
    found = open_sessions(access.user_of(request), request.session.session_key)
    others = sum(not one.is_current for one in found)
    return render(request, "account/sessions.html", {"sessions": found, "others": others})


@require_POST
def end_others(request: HttpRequest) -> HttpResponse:
    user = access.user_of(request)
    end(actor=user, user=user, keep=request.session.session_key)
    messages.success(request, _("You are signed out everywhere else."))
    return redirect("sessions")


@require_POST
def end_one(request: HttpRequest, session_id: int) -> HttpResponse:
    user = access.user_of(request)
    if not UserSession.objects.filter(user=user, pk=session_id).exists():
        raise Http404
    end(actor=user, user=user, keep=request.session.session_key, only=session_id)
    messages.success(request, _("That session is signed out."))
    return redirect("sessions")
