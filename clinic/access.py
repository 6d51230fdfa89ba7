"""Who may reach what. The only module that decides it; everything else asks.

A stranger's object is a 404, never a 403: nobody learns that it exists.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse

from clinic.models import Client, Role, User

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.contrib.auth.models import AnonymousUser

    View = Callable[..., HttpResponse]

M = TypeVar("M", bound=Model)

public = login_not_required
ACTING = "acting_client"  # session key: the client this login acts for at the moment


def user_of(request: HttpRequest) -> User:
    """The signed-in user.

    Raises:
        PermissionDenied: nobody is signed in (a view that forgot to be private).
    """
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def roles(*allowed: Role) -> Callable[[View], View]:
    """Let only these staff roles in: a client gets 404, other staff 403."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = user_of(request)
            if not user.is_clinic_staff:
                raise Http404
            if user.role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate


staff = roles(Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER)
DESK = (Role.FRONT_DESK, Role.MANAGER)
desk = roles(*DESK)


def clients_for(user: User | AnonymousUser) -> QuerySet[Client]:
    """The clients a login may act for: itself and those it is guardian of."""
    if not isinstance(user, User):
        return Client.objects.none()
    confirmed = user.guardianships.filter(confirmed_at__isnull=False)
    mine = Q(user=user) | Q(pk__in=confirmed.values("client"))
    return Client.objects.filter(mine).order_by("created_at")


def may_act_for(user: User | AnonymousUser, client: Client) -> bool:
    return clients_for(user).filter(pk=client.pk).exists()


def acting_client(request: HttpRequest) -> Client:
    """The client this login acts for now; the first of them until another is chosen.

    Raises:
        Http404: the login has no client.
    """
    mine = list(clients_for(request.user))
    chosen = request.session.get(ACTING)
    for client in mine:
        if str(client.pk) == chosen:
            return client
    if not mine:
        raise Http404
    return mine[0]


def client(user: User, pk: UUID | str) -> Client:
    """A client this user may see: staff any, clients their own. Raises Http404."""
    visible = Client.objects.all() if user.is_clinic_staff else clients_for(user)
    return _get(visible, pk)


def own(
    request: HttpRequest, queryset: QuerySet[M], pk: UUID | str, client_field: str = "client"
) -> M:
    """An object that hangs on a client: staff any, clients their own. Raises Http404."""
    user = user_of(request)
    if not user.is_clinic_staff:
        queryset = queryset.filter(**{f"{client_field}__in": clients_for(user)})
    return _get(queryset, pk)


def mine(
    request: HttpRequest, queryset: QuerySet[M], pk: UUID | str, client_field: str = "client"
) -> M:
    """An object of a client this login acts for, staff or not. Raises Http404."""
    whose = clients_for(user_of(request))
    return _get(queryset.filter(**{f"{client_field}__in": whose}), pk)


def _get(queryset: QuerySet[M], pk: UUID | str) -> M:
    try:
        found = queryset.filter(pk=pk).first()
    except (ValidationError, ValueError):  # not a UUID at all
        found = None
    if found is None:
        raise Http404
    return found
